"""The built functions under AWS's Runtime Interface Emulator, with stand-ins for AWS behind them."""

import base64
import contextlib
import http.client
import http.server
import json
import os
import socket
import subprocess
import threading
import time

import boto3
from cryptography.hazmat.primitives import serialization

REGION = "eu-central-1"
# For the stand-ins: they open nothing.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "test"}
SECONDS_TO_START = 60


class Aws:
    """KMS and Secrets Manager, emulated by moto, and a bucket, emulated by s3s."""

    def __init__(self, moto, bucket):
        self.endpoints = {"KMS": moto, "SECRETS_MANAGER": moto, "S3": bucket}
        self.kms, self.secrets, self.s3 = (
            boto3.client(
                service,
                region_name=REGION,
                endpoint_url=endpoint,
                aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            )
            for service, endpoint in (("kms", moto), ("secretsmanager", moto), ("s3", bucket))
        )

    def key(self, **settings):
        return self.kms.create_key(KeyUsage="SIGN_VERIFY", **settings)["KeyMetadata"]["Arn"]

    def secret(self, name, text):
        return self.secrets.create_secret(Name=name, SecretString=text)["ARN"]

    def signature(self, key, message):
        algorithm = "RSASSA_PKCS1_V1_5_SHA_256"
        answer = self.kms.sign(KeyId=key, Message=message, MessageType="RAW", SigningAlgorithm=algorithm)
        return answer["Signature"]

    def pem(self, key):
        """The public half."""
        public_key = serialization.load_der_public_key(self.kms.get_public_key(KeyId=key)["PublicKey"])
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return public_key.public_bytes(encoding, form).decode()

    def environment(self):
        """The environment of every function beside its own settings, without another source of credentials."""
        return {
            "PATH": os.environ["PATH"],
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            **CREDENTIALS,
            **{f"AWS_ENDPOINT_URL_{service}": url for service, url in self.endpoints.items()},
        }


class Emulated:
    """A function under the emulator; `log` is a file for the output of both."""

    def __init__(self, emulator, program, environment, log):
        self.address = ("127.0.0.1", free_port())
        self.log = log
        command = [emulator, "--runtime-interface-emulator-address", "%s:%d" % self.address]
        command += ["--runtime-api-address", f"127.0.0.1:{free_port()}", program]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._wait()

    def _wait(self):
        for _ in range(SECONDS_TO_START * 10):
            with contextlib.suppress(OSError), socket.create_connection(self.address):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the emulator did not start: {self.log.read_text()}")

    def invoke(self, event):
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", "/2015-03-31/functions/function/invocations", event.encode())
            return connection.getresponse().read()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class AnswerUrl:
    """The server that receives the answer of a custom resource for CloudFormation."""

    def __init__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                received.append({"path": self.path, "content-type": self.headers["content-type"], "body": body})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self):
        """The answers since the last call."""
        taken = list(self.received)
        self.received.clear()
        return taken


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def cloudfront_base64(part):
    """Base64 in CloudFront's alphabet."""
    return base64.b64encode(part).decode().translate(str.maketrans("+=/", "-_~"))

