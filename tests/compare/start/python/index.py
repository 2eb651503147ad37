"""The same work in Python: a playlist from S3, one policy signed with KMS, its parameters on each URI."""

import base64
import json
import os
import re
import time

import boto3

BUCKET, KEY_PAIR_ID, KMS_KEY_ID, SIGNING_ALGORITHM = (
    os.environ[name] for name in ("BUCKET", "KEY_PAIR_ID", "KMS_KEY_ID", "SIGNING_ALGORITHM")
)
s3 = boto3.client("s3")
kms = boto3.client("kms")


def handler(event, _context):
    path = event["rawPath"]
    playlist = s3.get_object(Bucket=BUCKET, Key=path[1:])["Body"].read().decode()
    folder = f"https://{event['headers']['x-viewer-host']}{path.rpartition('/')[0]}"
    parameters = signed(f"{folder}/*")
    body = re.sub(r"^[^#\r\n].*$", lambda uri: with_parameters(uri[0], parameters), playlist, flags=re.MULTILINE)
    headers = {"content-type": "application/vnd.apple.mpegurl", "cache-control": "private, no-store"}
    return {"statusCode": 200, "headers": headers, "body": body}


def signed(resource):
    condition = {"DateLessThan": {"AWS:EpochTime": int(time.time()) + 21_600}}
    statement = {"Statement": [{"Resource": resource, "Condition": condition}]}
    policy = json.dumps(statement, separators=(",", ":")).encode()
    signature = kms.sign(
        KeyId=KMS_KEY_ID,
        Message=policy,
        MessageType="RAW",
        SigningAlgorithm=SIGNING_ALGORITHM,
    )["Signature"]
    parameters = {"Policy": text(policy), "Signature": text(signature)}
    parameters |= {"Key-Pair-Id": KEY_PAIR_ID, "Hash-Algorithm": "SHA256"}
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def with_parameters(uri, parameters):
    return f"{uri}{'&' if '?' in uri else '?'}{parameters}"


def text(data):
    return base64.b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))
