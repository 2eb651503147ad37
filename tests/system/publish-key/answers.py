"""CloudFormation's part: calls the function, and receives its answer."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/usher/5b918d10-cd98-11ea-90d5-0a9cd3354c10"
REQUEST_ID = "82304eb2-bdda-469f-a33b-a3f1406d0a52"
LOGICAL_ID = "PublicPemA"
# Instead of a status: the server reads the request, and never answers.
HANGS = None


@dataclass
class Call:
    """The function's error, if it failed, and the PUTs to the path of the answer URL."""

    path: str
    error: str | None
    requests: list
    bodies: list

    @property
    def answers(self):
        return [json.loads(body) for body in self.bodies]


class AnswerUrl(ThreadingHTTPServer):
    """Answers PUTs with the planned statuses, and with 200 after the last of them."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Put)
        self.calls = 0
        self.plan, self.requests, self.bodies = [], [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def call(self, function, request, plan=()):
        """Sends `request` with an answer URL to the function, as Lambda does."""
        self.plan, self.requests, self.bodies = list(plan), [], []
        self.calls += 1
        # CloudFormation presigns such paths: S3 rejects a byte that is encoded differently.
        path = f"/usher%7CPublicPemA%7C{self.calls}?X-Amz-Expires=7200&X-Amz-Signature=0a%2Fb"
        response_url = f"http://127.0.0.1:{self.server_address[1]}{path}"
        body = json.dumps(request | {"ResponseURL": response_url}).encode()
        url = f"{function}/2015-03-31/functions/function/invocations"
        with urlopen(Request(url, body, method="POST")) as response:
            returned = json.load(response)
        # The type of the error is a Rust type, which nothing reads.
        return Call(path, returned and returned["errorMessage"], self.requests, self.bodies)


class Put(BaseHTTPRequestHandler):
    def do_PUT(self):
        server = self.server
        server.requests.append((self.requestline, {name.lower() for name in self.headers}))
        server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        status = server.plan.pop(0) if server.plan else 200
        if status is HANGS:
            threading.Event().wait()
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def request(request_type, properties, physical_resource_id=None, old_properties=None):
    """A request as CloudFormation sends it, without the answer URL."""
    service = "arn:aws:lambda:eu-central-1:123456789012:function:usher-PublishKeyFunction"
    own = {"ServiceToken": service, "ServiceTimeout": "180"}
    sent = {
        "RequestType": request_type,
        "ServiceToken": service,
        "StackId": STACK_ID,
        "RequestId": REQUEST_ID,
        "LogicalResourceId": LOGICAL_ID,
        "ResourceType": "Custom::KmsPublicKeyPem",
        "ResourceProperties": own | properties,
    }
    if physical_resource_id is not None:
        sent["PhysicalResourceId"] = physical_resource_id
    if old_properties is not None:
        sent["OldResourceProperties"] = own | old_properties
    return sent


def succeeded(physical_resource_id, pem=None):
    data = {} if pem is None else {"Data": {"Pem": pem}}
    return {"Status": "SUCCESS", **data, **named(physical_resource_id)}


def failed(physical_resource_id, reason):
    return {"Status": "FAILED", "Reason": reason, **named(physical_resource_id)}


def named(physical_resource_id):
    return {
        "PhysicalResourceId": physical_resource_id,
        "StackId": STACK_ID,
        "RequestId": REQUEST_ID,
        "LogicalResourceId": LOGICAL_ID,
    }
