"""The life of the custom resource, and how CloudFront accepts its keys.

scenario.py FUNCTION FUNCTION_OF_SILENT_KMS FUNCTION_OF_LATE_KEY FUNCTION_OF_MISSING_KEY: the addresses of four
emulators; the second one's function asks a KMS that never answers.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from answers import HANGS, LOGICAL_ID, AnswerUrl, failed, request, succeeded
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

NO_SUCH_KEY = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
MISSING = "the property KeyArn is missing: it is the ARN of the KMS key to publish"
UNKNOWN_TYPE = "the request type is none of Create, Update and Delete"
ENCRYPTS = "key usage ENCRYPT_DECRYPT: a key that signs for CloudFront has SIGN_VERIFY"
TOO_LONG = "key spec RSA_4096: CloudFront accepts only RSA_2048 and ECC_NIST_P256"
NOT_FOUND = f"NotFoundException: Key '{NO_SUCH_KEY}' does not exist"
# The number of a key is known only when the key exists; an alias can be named before.
LATE_KEY = "alias/late"
TIMED_OUT = "request has timed out: operation timeout (all attempts including retries) occurred after 10s"
REFUSED = "CloudFormation refused the answer with status 403"

kms = boto3.client("kms")
cloudfront = boto3.client("cloudfront")
answer_url = AnswerUrl()
passes = failures = 0


def check(claim, found, expected):
    global passes, failures
    if found == expected:
        passes += 1
        print(f"ok   {claim}", flush=True)
    else:
        failures += 1
        print(f"FAIL {claim}\n     {found!r}\n     not {expected!r}", flush=True)


def new_key(spec, usage="SIGN_VERIFY"):
    return kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]


def pem_of(key):
    """The PEM, as another library writes it."""
    public_key = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def withheld(key, reason):
    return f"KMS did not hand out the public key of {key}: {reason}"


def create(function, spec, key):
    call = answer_url.call(function, request("Create", {"KeyArn": key}))
    answer = succeeded(key, pem_of(key))
    check(f"{spec}: Create answers with the PEM, and with the key's ARN as name", call.answers, [answer])
    check(f"{spec}: and the function is content", call.error, None)
    sent = (f"PUT {call.path} HTTP/1.1", {"accept", "host", "content-length"})
    check(f"{spec}: the URL is asked byte for byte, and without a content type", call.requests, [sent])
    return call


def updates_and_deletes(function, rsa_key, ec_key, created):
    update = request("Update", {"KeyArn": rsa_key}, rsa_key, {"KeyArn": rsa_key})
    call = answer_url.call(function, update)
    check("Update with the same key gives the same name and the same bytes", call.bodies, created.bodies)
    update = request("Update", {"KeyArn": ec_key}, rsa_key, {"KeyArn": rsa_key})
    call = answer_url.call(function, update)
    check("Update with another key is another resource", call.answers, [succeeded(ec_key, pem_of(ec_key))])
    call = answer_url.call(function, request("Delete", {"KeyArn": rsa_key}, rsa_key))
    check("Delete of the one before succeeds", call.answers, [succeeded(rsa_key)])
    call = answer_url.call(function, request("Delete", {"KeyArn": NO_SUCH_KEY}, LOGICAL_ID))
    check("so does Delete of what was never made", call.answers, [succeeded(LOGICAL_ID)])


def failures_are_answered(function, rsa_key):
    rows = [
        ("a key that encrypts", {"KeyArn": new_key("RSA_2048", "ENCRYPT_DECRYPT")}, ENCRYPTS),
        ("a key of 4096 bits", {"KeyArn": new_key("RSA_4096")}, TOO_LONG),
        ("no KeyArn", {}, MISSING),
        ("a KeyArn that is no text", {"KeyArn": {"Ref": "SigningKeyA"}}, MISSING),
    ]
    for what, properties, reason in rows:
        call = answer_url.call(function, request("Create", properties))
        check(f"Create with {what} fails with a reason", call.answers, [failed(LOGICAL_ID, reason)])
        call = answer_url.call(function, request("Update", properties, rsa_key, {"KeyArn": rsa_key}))
        check(f"Update with {what} fails, and the name stays", call.answers, [failed(rsa_key, reason)])
    call = answer_url.call(function, request("Replace", {"KeyArn": rsa_key}))
    check("a request of another type fails", call.answers, [failed(LOGICAL_ID, UNKNOWN_TYPE)])
    nameless = failed("", UNKNOWN_TYPE) | {"StackId": "", "RequestId": "", "LogicalResourceId": ""}
    check("a request of nothing but the answer URL fails", answer_url.call(function, {}).answers, [nameless])


def created_beside(pool, function, key):
    """A Create that waits for its key while the other tests run."""
    return pool.submit(AnswerUrl().call, function, request("Create", {"KeyArn": key}))


def keys_that_are_not_there_at_once(late, missing, key):
    call = late.result()
    found = (call.error, call.answers)
    check("a key that is there after a while is published", found, (None, [succeeded(LATE_KEY, pem_of(key))]))
    call = missing.result()
    answer = failed(LOGICAL_ID, withheld(NO_SUCH_KEY, NOT_FOUND))
    check("one that never is fails with a reason", (call.error, call.answers), (None, [answer]))


def answer_urls_that_fail(function, key):
    asked = request("Create", {"KeyArn": key})
    answer = succeeded(key, pem_of(key))
    for what, plan in [("refuses", [403]), ("fails", [503]), ("hangs", [HANGS])]:
        call = answer_url.call(function, asked, plan)
        check(f"an answer URL that {what} once is asked again", (call.error, call.answers), (None, [answer] * 2))
    call = answer_url.call(function, asked, [403] * 4)
    expected = (REFUSED, [answer] * 3)
    check("one that refuses is asked three times, and the function fails", (call.error, call.answers), expected)


def silent_kms(function, key):
    asked = request("Create", {"KeyArn": key})
    answer = failed(LOGICAL_ID, withheld(key, TIMED_OUT))
    call = answer_url.call(function, asked)
    check("a KMS that never answers is a failure, told in time", (call.error, call.answers), (None, [answer]))
    call = answer_url.call(function, asked, [HANGS, HANGS])
    check("also where the answer URL hangs twice", (call.error, call.answers), (None, [answer] * 3))


def cloudfront_takes(pems):
    """As far as moto checks: it checks neither the key nor the caller reference, which CloudFront accepts once."""
    ids = []
    for spec, pem in pems.items():
        config = {"CallerReference": f"usher-a-{spec}", "Name": f"usher-{spec}", "EncodedKey": pem}
        for which in ("made", "made again"):
            key = cloudfront.create_public_key(PublicKeyConfig=config)["PublicKey"]
            kept = cloudfront.get_public_key(Id=key["Id"])["PublicKey"]["PublicKeyConfig"]
            check(f"{spec}: the public key {which} has the same PEM", kept, config | {"Comment": ""})
        ids.append(key["Id"])
    group = {"Name": "usher", "Items": ids}
    made = cloudfront.create_key_group(KeyGroupConfig=group)["KeyGroup"]["KeyGroupConfig"]
    check("a key group trusts both", made, group)


def verifies(key, pem, algorithm, *parameters):
    policy = b'{"Statement":[]}'
    signed = kms.sign(KeyId=key, Message=policy, MessageType="RAW", SigningAlgorithm=algorithm)
    try:
        load_pem_public_key(pem.encode()).verify(signed["Signature"], policy, *parameters)
    except InvalidSignature:
        return False
    return True


def main(*functions):
    with ThreadPoolExecutor() as pool:
        return story(pool, *functions)


def story(pool, function, function_of_silent_kms, function_of_late_key, function_of_missing_key):
    keys = {spec: new_key(spec) for spec in ("RSA_2048", "ECC_NIST_P256")}
    rsa_key, ec_key = keys.values()
    late = created_beside(pool, function_of_late_key, LATE_KEY)
    missing = created_beside(pool, function_of_missing_key, NO_SUCH_KEY)
    time.sleep(2)
    kms.create_alias(AliasName=LATE_KEY, TargetKeyId=rsa_key)
    created = {spec: create(function, spec, key) for spec, key in keys.items()}
    pems = {spec: call.answers[0]["Data"]["Pem"] for spec, call in created.items()}
    updates_and_deletes(function, rsa_key, ec_key, created["RSA_2048"])
    failures_are_answered(function, rsa_key)
    answer_urls_that_fail(function, ec_key)
    silent_kms(function_of_silent_kms, rsa_key)
    keys_that_are_not_there_at_once(late, missing, rsa_key)
    by_rsa = verifies(rsa_key, pems["RSA_2048"], "RSASSA_PKCS1_V1_5_SHA_256", PKCS1v15(), SHA256())
    check("RSA_2048: the PEM verifies what KMS signs", by_rsa, True)
    by_ec = verifies(ec_key, pems["ECC_NIST_P256"], "ECDSA_SHA_256", ECDSA(SHA256()))
    check("ECC_NIST_P256: the PEM verifies what KMS signs", by_ec, True)
    cloudfront_takes(pems)
    print(f"{passes} passed, {failures} failed")
    return failures > 0 or passes == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
