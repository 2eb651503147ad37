"""What functions ask AWS for, and what the template's roles allow: neither less nor more."""

import fnmatch
import http.client
import http.server
import json
import re
import threading
import urllib.parse

# What the template allows and no request uses by itself, with the reason.
UNUSED = {
    # S3 answers 404 for a missing object only to a role that may list the bucket.
    ("ResignManifestFunction", "s3:ListBucket"),
}


class Recorder:
    """A proxy before the stand-ins of AWS, for one function. `calls` has an action and the ARN of its resource each."""

    def __init__(self, endpoints, bucket):
        calls = self.calls = set()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                service = re.search(r"Credential=[^/]+/\d+/[^/]+/(\w+)/", self.headers["authorization"])[1]
                calls.add(called(self.command, self.path, service, self.headers.get("x-amz-target", ""), body, bucket))
                address = urllib.parse.urlsplit(endpoints["S3" if service == "s3" else "KMS"]).netloc
                connection = http.client.HTTPConnection(address, timeout=30)
                # The Host that the function signed: the bucket verifies the signature.
                connection.request(self.command, self.path, body or None, dict(self.headers.items()))
                answer = connection.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                        self.send_header(name, value)
                length = answer.getheader("content-length", "0") if self.command == "HEAD" else str(len(content))
                self.send_header("content-length", length)
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            do_GET = do_HEAD = do_POST = do_PUT = pass_on

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        url = "http://127.0.0.1:%d" % self.server.server_port
        self.endpoints = {service: url for service in endpoints}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def called(method, path, service, target, body, bucket):
    """The action of IAM, and the ARN of its resource."""
    if service != "s3":
        question = json.loads(body)
        return f"{service}:{target.split('.')[-1]}", question.get("KeyId") or question.get("SecretId")
    key = urllib.parse.unquote(urllib.parse.urlsplit(path).path).removeprefix(f"/{bucket}").removeprefix("/")
    if not key:
        return "s3:ListBucket", f"arn:aws:s3:::{bucket}"
    verb = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject"}[method]
    return f"s3:{verb}", f"arn:aws:s3:::{bucket}/{key}"


def allowed(deployment, function):
    """The actions that the role of a function has, each with an ARN or a pattern."""
    policies = deployment.functions()[function]["Properties"]["Policies"]
    chosen = [chosen_of(deployment, one) for policy in policies for one in policy["Statement"]]
    statements = [deployment.resolve(one) for one in chosen if one != {"Ref": "AWS::NoValue"}]
    return {
        (action, resource)
        for statement in statements
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def chosen_of(deployment, statement):
    """The branch of an `Fn::If` that counts. SAM's resolver does not know AWS::NoValue."""
    if "Fn::If" not in statement:
        return statement
    condition, yes, no = statement["Fn::If"]
    return yes if deployment.resolve({"Fn::If": [condition, "yes", "no"]}) == "yes" else no


def listed(value):
    return value if isinstance(value, list) else [value]


def beyond(calls, permissions):
    """What AWS would refuse, one sentence each."""
    for action, resource in sorted(calls):
        if not any(action == one and fnmatch.fnmatchcase(resource, pattern) for one, pattern in permissions):
            yield f"it calls {action} on {resource}, which its role does not allow"


def never_used(used, given):
    """Actions of a role that no stack has used, one sentence each. Both are sets of functions and actions."""
    for function, action in sorted(given - used - UNUSED):
        yield f"{function} may call {action}, and never does"
    for function, action in sorted(UNUSED - given):
        yield f"{function} does not have {action} any more"
