"""Sends each event of tests/events to the built functions: `events.py TEMPLATE DEPLOY BUILD EMULATOR MOTO BUCKET LOGS`.

BUILD has a folder for each function, as `sam build` makes it. The answers are compared whole, and no line of a
log may hold a secret. What the functions call in AWS is compared with what their roles allow.
"""

import base64
import contextlib
import difflib
import gzip
import json
import pathlib
import pprint
import re
import sys
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import cases
from answers import ALLOWED_ORIGIN, Signer
from deployment import Deployment, examples, report
from fill import filled
from functions import REGION, AnswerUrl, Aws, Emulated
from permissions import Permissions, Recorder

ROOT = pathlib.Path(__file__).parents[3]
EVENTS = ROOT / "tests/events"
SAMPLE = ROOT / "local/media/video/clock-ts"
BUCKET = "usher-media"
SETTINGS = {
    "JWT_ISSUER": "https://login.example.com/",
    "JWT_AUDIENCE": "video",
    "JWT_SECRET": "a secret of at least thirty-two bytes",
    "ORIGIN_SECRET": "what-cloudfront-says-to-the-api-and-nobody-else-knows",
}
# Accepted by any setting of keys.
SOME_KEY = "5ec7e7" * 11
# As in the events.
HOST = "d111111abcdef8.cloudfront.net"
KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ANSWER_ORIGIN = "http://127.0.0.1:9999"


class Test:
    """Starts the functions of one stack after another, and sends them events."""

    def __init__(self, template, build, emulator, aws, logs):
        self.template, self.emulator, self.aws = template, emulator, aws
        self.build, self.logs = pathlib.Path(build), pathlib.Path(logs)
        viewers = json.dumps({"site": SETTINGS["JWT_SECRET"]})
        texts = {"ViewerSecret": viewers, "OriginSecret": SETTINGS["ORIGIN_SECRET"]}
        self.secrets = {name: aws.secret(name, text) for name, text in texts.items()}
        # Texts that no log may contain.
        self.private = {SOME_KEY, SETTINGS["JWT_SECRET"], SETTINGS["ORIGIN_SECRET"]}
        self.permissions = Permissions()
        self.sent = set()
        # Values of earlier answers for later events: an ETag, and the policy's copy in a URL.
        self.noted = {"etag": "", "copy": ""}

    def parameters(self, **others):
        """The settings of a stack whose viewers have tokens."""
        issuer = {"issuer": SETTINGS["JWT_ISSUER"], "audience": SETTINGS["JWT_AUDIENCE"], "secret": "site"}
        return {
            "JwtIssuers": json.dumps([issuer]),
            "ViewerSecretArn": self.secrets["ViewerSecret"],
            "AllowedOrigins": ALLOWED_ORIGIN,
            **others,
        }

    @contextlib.contextmanager
    def stack(self, name, parameters, resources):
        """Returns a function that invokes those of the stack; each starts at its first event."""
        bucket = {"Ref": BUCKET, "Arn": f"arn:aws:s3:::{BUCKET}"}
        resources |= {"MediaBucket": bucket, "OriginSecret": {"Ref": self.secrets["OriginSecret"]}}
        deployment = Deployment(self.template, parameters, resources)
        report(f"the template takes the parameters of the stack {name}", deployment.problems())
        running, recorders, calls = {}, {}, {}

        def invoke(function, event):
            if function not in running:
                calls[function] = []
                recorders[function] = Recorder(self.aws.endpoints, calls[function])
                environment = self.aws.environment() | recorders[function].environment()
                program, log = self.build / function / "bootstrap", self.logs / f"{name}-{function}.log"
                environment |= deployment.environment(function)
                running[function] = Emulated(self.emulator, program, environment, log)
            return running[function].invoke(event)

        try:
            yield invoke
        finally:
            for function, emulated in running.items():
                emulated.stop()
                recorders[function].stop()
                report(f"{function} of the stack {name} logs no secret", self.repeated(emulated.log))
                made = set(calls[function])
                claim = f"the role of {function} of the stack {name} allows its different calls: {len(made)}"
                report(claim, self.permissions.forbidden(deployment, function, made))

    def repeated(self, log):
        lines = log.read_text(errors="replace").splitlines()
        if not any("REPORT RequestId" in line for line in lines):
            yield "\n".join(["it has not answered:", *lines])
            return
        for line in lines:
            if any(private in line for private in self.private):
                yield f"a line of {len(line)} characters does"

    def send(self, stack, expectations):
        """Sends the events that have expectations, and compares the answers."""
        for name, expected in expectations.items():
            text = filled((EVENTS / f"{name}.json").read_text(), SETTINGS, **self.noted)
            event = json.loads(text)
            credential = event["headers"].get("authorization")
            if credential:
                self.private.add(credential.removeprefix("Bearer "))
            is_playlist = event["routeKey"] == "$default"
            started = int(time.time())
            answer = stack("ResignManifestFunction" if is_playlist else "IssueCookiesFunction", text)
            # For each second in which the function may have made it: an expiry bucket may have ended in
            # between.
            possible = [expected(now) for now in range(started, int(time.time()) + 1)]
            self.compare(name, possible, self.read_playlist(answer) if is_playlist else self.read(answer))

    def compare(self, name, possible, found):
        self.sent.add(name)
        report(f"{name}.json", [] if found in possible else difference(possible[-1], found))

    def read(self, answer):
        copy = re.search(rb"usher-Policy=[\w&=~-]+", answer)
        if copy:
            self.noted["copy"] = copy[0].decode()
        try:
            return json.loads(answer)
        except ValueError:
            return answer

    def read_playlist(self, answer):
        answer = json.loads(answer)
        headers = answer.get("headers", {})
        if answer.get("isBase64Encoded"):
            answer["body"] = gzip.decompress(base64.b64decode(answer["body"])).decode()
        if re.fullmatch(r'W/"[0-9a-f]{32}"', headers.get("etag", "")):
            self.noted["etag"], headers["etag"] = headers["etag"], "{etag}"
        return answer


def send_to_kms_stack(test):
    key = test.aws.key(KeySpec="RSA_2048")
    signer = Signer(HOST, "K2JCJMDEHXQW5F", "SHA256", lambda message: test.aws.signature(key, message))
    resources = {"PublicKeyA": {"Ref": signer.key_pair_id}, "SigningKeyA": {"Arn": key}}
    with test.stack("kms", test.parameters(), resources) as stack:
        test.send(stack, cases.kms_and_header(signer, sample, test.noted))
        send_custom_resource(test, stack, key, cases.CUSTOM_RESOURCE)
        test.private.update(signer.signatures.values())
    return key


def send_to_existing_stack(test):
    private_key = rsa.generate_private_key(65_537, 2_048)
    pem = pem_of(private_key)
    test.private.update(pem.splitlines()[1:-1])
    sign = lambda message: private_key.sign(message, padding.PKCS1v15(), hashes.SHA1())
    signer = Signer("video.example.com", "KEXISTING", "SHA1", sign)
    key_pair = {"key_pair_id": signer.key_pair_id, "private_key": pem, "hash_algorithm": signer.hash_algorithm}
    parameters = test.parameters(
        DomainName=signer.host,
        CertificateArn="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        KeyPhase="Existing",
        ExistingPublicKeyId=signer.key_pair_id,
        ExistingPrivateKeySecret=test.aws.secret("private-key", json.dumps(key_pair)),
    )
    with test.stack("existing", parameters, {}) as stack:
        test.send(stack, cases.existing_key_and_domain(signer, sample))
        test.private.update(signer.signatures.values())


def send_to_rotating_stacks(test, key):
    """Two steps of a rotation. Instances of both run at once, so each role allows what the other step calls."""
    keys = {"SigningKeyA": key, "SigningKeyB": test.aws.key(KeySpec="ECC_NIST_P256")}
    resources = {name: {"Arn": arn} for name, arn in keys.items()}
    resources |= {"PublicKeyA": {"Ref": "K2JCJMDEHXQW5F"}, "PublicKeyB": {"Ref": "KB"}}
    host_key, host_pem = test.aws.key(KeySpec="RSA_2048"), pem_of(rsa.generate_private_key(65_537, 2_048))
    host_secret = test.aws.secret("key-of-a-host", host_pem)
    test.private.update(host_pem.splitlines()[1:-1])
    hosts = [
        {"origin": "https://a.example", "key_pair_id": "KHOSTA", "kms_key_id": host_key},
        {"origin": "https://b.example", "key_pair_id": "KHOSTB", "private_key_secret_id": host_secret},
    ]
    signed = {"SignedHosts": json.dumps(hosts), "SignedHostsKeyArns": f"{host_key},{host_secret}"}
    for name, parameters in {"A+B": signed, "B+A": {}}.items():
        with test.stack(name, test.parameters(KeyPhase=name, **parameters), dict(resources)) as stack:
            test.send(stack, cases.any_stack(sample))
            if name == "A+B":
                send_custom_resource(test, stack, keys["SigningKeyB"], ["create-public-pem"])


def send_custom_resource(test, stack, key, names):
    url = AnswerUrl()
    pem = test.aws.pem(key)
    for name in names:
        text = (EVENTS / f"{name}.json").read_text().replace(KEY_ARN, key).replace(ANSWER_ORIGIN, url.origin)
        result = json.loads(stack("PublishKeyFunction", text))
        expected = cases.CUSTOM_RESOURCE[name](json.loads(text), key, pem)
        test.compare(name, [{"result": None, "told": expected}], {"result": result, "told": url.take()})


def start_examples(test, deploy, key):
    """With the parameters of each example of deploy/, issue-cookies starts and answers."""
    secret = test.aws.secret("some-keys", json.dumps({"django": SOME_KEY}))
    resources = {"PublicKeyA": {"Ref": "K2JCJMDEHXQW5F"}, "SigningKeyA": {"Arn": key}}
    for name, parameters in examples(deploy).items():
        if "ViewerSecretArn" in parameters:
            parameters["ViewerSecretArn"] = secret
        with test.stack(name, parameters, dict(resources)) as stack:
            event = filled((EVENTS / "get-auth-unknown.json").read_text(), SETTINGS)
            answer = test.read(stack("IssueCookiesFunction", event))
            problems = [] if answer == cases.NOT_FOUND else difference(cases.NOT_FOUND, answer)
            report(f"issue-cookies starts with the parameters of {name}", problems)


def pem_of(private_key):
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return private_key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def sample(path):
    return (SAMPLE / path).read_text()


def difference(expected, found):
    """Line by line. The first letters of a signature are enough, even if nobody has its key."""
    both = [pprint.pformat(one, width=120).splitlines() for one in (expected, found)]
    lines = difflib.unified_diff(*both, "expected", "found", n=0, lineterm="")
    yield "\n".join(["", *(re.sub(r"((?:Policy|Signature)=[\w~-]{12})[\w~-]+", r"\1…", line) for line in lines)])


def main(template, deploy, build, emulator, moto, bucket, logs):
    aws = Aws(moto, bucket)
    aws.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key, content_type, content in cases.media(sample, HOST):
        aws.s3.put_object(Bucket=BUCKET, Key=key, Body=content, ContentType=content_type)
    test = Test(template, build, emulator, aws, logs)
    key = send_to_kms_stack(test)
    send_to_existing_stack(test)
    send_to_rotating_stacks(test, key)
    start_examples(test, deploy, key)
    report("the functions call all that their roles allow", test.permissions.unused())
    # Node sends the events of the viewer-request function.
    left = {path.stem for path in EVENTS.glob("*.json")} - test.sent
    report("each event was sent", sorted(name for name in left if not name.startswith("viewer-request")))
    print("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
