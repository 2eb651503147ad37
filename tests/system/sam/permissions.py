"""Least privilege: what the functions call in AWS, beside what their roles allow.

A recorder stands between a function and the stand-ins for AWS. The roles are those of the template that AWS's own
translator expands.
"""

import copy
import fnmatch
import http.client
import http.server
import json
import logging
import os
import re
import threading
import urllib.parse

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform  # noqa: E402

from cases import UNKNOWN_KEY
from deployment import NO_VALUE

# It warns of metrics that nobody publishes.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

ROLE = "AWS::IAM::Role"
# With it, Lambda itself writes the log of a function.
LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

# What a role allows and no function calls, and why.
NEVER_CALLED = {
    ("ResignManifestFunction", "s3:ListBucket"): "S3 answers 404 for a missing object only to a client that has it",
}
# What a function calls although its role does not allow it, and why.
MAY_BE_DENIED = {
    ("PublishKeyFunction", "kms:GetPublicKey", UNKNOWN_KEY): "an event names a key of nobody",
}


class Recorder:
    """The AWS of one function: passes each request on, and notes its action and resource in `calls`."""

    def __init__(self, endpoints, calls):
        """`endpoints` has the address for each service, by the name in the SDK's environment."""
        self.servers = {}
        for service, endpoint in endpoints.items():
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
            server.daemon_threads = True
            server.upstream, server.calls = urllib.parse.urlsplit(endpoint).netloc, calls
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.servers[service] = server

    def environment(self):
        return {
            f"AWS_ENDPOINT_URL_{service}": f"http://127.0.0.1:{server.server_port}"
            for service, server in self.servers.items()
        }

    def stop(self):
        for server in self.servers.values():
            server.shutdown()
            server.server_close()


class Passing(http.server.BaseHTTPRequestHandler):
    """With the same `Host`, which is part of the signature that the bucket verifies."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.calls.append(call(self.command, self.path, self.headers, body))
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_DELETE = do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_):
        pass


def call(method, target, headers, body):
    """The action and the resource's ARN of a request."""
    service = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request", headers["authorization"])[1]
    path, _, query = target.partition("?")
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if operation:
        question = json.loads(body)
        return f"{service}:{operation}", question.get("KeyId") or question.get("SecretId") or "*"
    # The SDK names the operation in the query.
    operation = urllib.parse.parse_qs(query).get("x-id", [method])[0]
    return f"{service}:{operation}", f"arn:aws:{service}:::{urllib.parse.unquote(path[1:])}"


class Permissions:
    """What all stacks of the test allowed and called: one stack may use what the role of another has, too, as the
    instances of two steps of a rotation do."""

    def __init__(self):
        self.allowed, self.called = set(), set()

    def forbidden(self, deployment, function, calls):
        """Which of these calls, each an action and an ARN, the function's role would not allow."""
        allowed = set(allowances(deployment, function))
        self.allowed |= {(function, *one) for one in allowed}
        self.called |= {(function, *one) for one in calls}
        for action, resource in sorted(calls):
            is_allowed = any(action == one and covers(pattern, resource) for one, pattern in allowed)
            if not is_allowed and (function, action, resource) not in MAY_BE_DENIED:
                yield f"{action} of {resource}"

    def unused(self):
        """What the roles allow and no function has called, without the exceptions; and exceptions without a need."""
        idle = {
            (function, action, pattern)
            for function, action, pattern in self.allowed
            if not any(
                (function, action) == (by, what) and covers(pattern, resource) for by, what, resource in self.called
            )
        }
        for function, action, pattern in sorted(idle):
            if (function, action) not in NEVER_CALLED:
                yield f"{function} never calls {action} of {pattern}"
        for function, action in sorted(NEVER_CALLED.keys() - {one[:2] for one in idle}):
            yield f"{function} has no {action} that it does not call"
        for function, action, resource in sorted(MAY_BE_DENIED.keys() - self.called):
            yield f"{function} does not call {action} of {resource}"


def allowances(deployment, function):
    """The actions of a function's role, each with the ARN of one resource."""
    for name, role in roles(deployment).items():
        if name != f"{function}Role":
            continue
        # An exception here would be a permission that nobody has counted.
        assert role["ManagedPolicyArns"] == [LOGS], role["ManagedPolicyArns"]
        for policy in role["Policies"]:
            for statement in deployment.resolve(policy)["PolicyDocument"]["Statement"]:
                if statement != NO_VALUE:
                    yield from pairs(statement)


def roles(deployment):
    """The roles of the expanded template, which SAM names after the functions."""
    template = copy.deepcopy(deployment.template)
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            # The translator takes what `sam deploy` has uploaded.
            resource["Properties"]["CodeUri"] = "s3://functions/function.zip"
    expanded = transform(template, dict(deployment.parameters), NoManagedPolicies())
    return {
        name: resource["Properties"]
        for name, resource in expanded["Resources"].items()
        if resource["Type"] == ROLE
    }


def pairs(statement):
    """What a statement allows. An action applies to resources of its own service."""
    # Not a subset of IAM by chance: another member would change what the statement means.
    assert statement.keys() == {"Effect", "Action", "Resource"} and statement["Effect"] == "Allow", statement
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            if resource.split(":")[2] == action.split(":")[0]:
                yield action, resource


def as_list(value):
    return value if isinstance(value, list) else [value]


def covers(pattern, resource):
    """IAM's `*` and `?`."""
    return fnmatch.fnmatchcase(resource, pattern.replace("[", "[[]"))


class NoManagedPolicies:
    """The template names none, so the translator need not ask IAM for them."""

    def load(self):
        return {}
