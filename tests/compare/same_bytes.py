"""Byte for byte: `usher sign --hash-algorithm SHA1` beside botocore and `aws cloudfront sign` (awscli 1).

Every input that both sides can express, with every RSA key: those of `tests/vectors` and the one given.
Usage: same_bytes.py USHER AWS RSA_PEM
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple, Optional

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

KEY_PAIR_ID = "K2JCJMDEHXQW5F"
VECTORS = Path(__file__).parents[1] / "vectors/cloudfront-signatures.json"


class Input(NamedTuple):
    url: str
    date_less_than: int = 1790000000
    date_greater_than: Optional[int] = None
    ip_address: Optional[str] = None
    policy_resource: Optional[str] = None

    def has_conditions(self):
        return bool(self.date_greater_than or self.ip_address)

    def is_custom(self):
        return self.has_conditions() or bool(self.policy_resource) or "*" in self.url

    def is_known_to_aws(self):
        """awscli 1 has no --policy-resource, and makes a canned policy, which admits nobody, of a lone wildcard."""
        return not self.policy_resource and ("*" not in self.url or self.has_conditions())


HOST = "https://d111111abcdef8.cloudfront.net"
INPUTS = [
    Input(f"{HOST}/video/m/master.m3u8"),
    Input("http://127.0.0.1:8080/video/m/s_12:00.ts"),
    Input(f"{HOST}/"),
    Input(f"{HOST}/?"),
    Input(f"{HOST}/a%20b/...//c;d=1,2/(e)!'~$@?x=%7E&y=1+2&z&&=&q=a/b?c=d:e@f"),
    Input(f"{HOST}/a?size=large&license=yes", date_less_than=1),
    Input(f"{HOST}/a?expires=1&policy=2", date_less_than=2147483648),
    Input(f"{HOST}/a", date_greater_than=1789999000),
    Input(f"{HOST}/a", ip_address="192.0.2.7"),
    Input(f"{HOST}/a", ip_address="192.0.2.7/24"),
    Input(f"{HOST}/a?b=c", ip_address="0.0.0.0/0"),
    Input(f"{HOST}/a?b=c", date_greater_than=1, ip_address="10.0.0.0/8"),
    Input(f"{HOST}/video/*"),
    Input(f"{HOST}/video/*", date_greater_than=1789999000),
    Input(f"{HOST}/video/*.ts?*", ip_address="198.51.100.0/24"),
    Input(f"{HOST}/video/m/s001.ts?_HLS_msn=3", policy_resource=f"{HOST}/video/*"),
    Input(f"{HOST}/video/m/s001.ts", policy_resource=f"{HOST}/video/m/s001.ts"),
    Input(f"{HOST}/video/m/s001.ts", policy_resource="*://*.cloudfront.net/*?*", date_greater_than=7, ip_address="192.0.2.0/31"),
    Input("video/a.mp4"),
    Input("video/a.mp4", ip_address="192.0.2.7", date_greater_than=1789999000),
]


def main(usher, aws, pem):
    with tempfile.TemporaryDirectory() as folder:
        known = json.loads(VECTORS.read_text())
        keys = {"made for this run": Path(pem), **dict(rsa_keys(known["keys"], Path(folder)))}
        inputs = list(dict.fromkeys([*INPUTS, *known_inputs(known["vectors"])]))
        print(f"Same bytes: {len(inputs)} inputs, {len(keys)} keys")
        cases = [
            (peer, name, key, each)
            for name, key in keys.items()
            for each in inputs
            for peer in ["botocore", "aws"]
            if peer == "botocore" or each.is_known_to_aws()
        ]
        signers = {name: botocore_signer(key) for name, key in keys.items()}

        def differs(case):
            peer, name, key, each = case
            theirs = botocore_sign(signers[name], each) if peer == "botocore" else aws_sign(aws, key, each)
            ours = usher_sign(usher, key, each)
            if theirs == ours and theirs:
                return None
            return f"FAILED: {peer}, key {name}, {each}\n  ours   {ours}\n  theirs {theirs}"

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            failures = [failure for failure in pool.map(differs, cases) if failure]
    for failure in failures:
        print(failure)
    for peer in ["botocore", "aws"]:
        print(f"  beside {peer}: {sum(case[0] == peer for case in cases)} URLs")
    print(f"{len(cases) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


def rsa_keys(keys, folder):
    """awscli reads PKCS#1 only."""
    for name, key in keys.items():
        if key["type"] != "RSA":
            continue
        pem = f"-----BEGIN {key['pem_label']}-----\n{key['der_base64']}\n-----END {key['pem_label']}-----\n"
        file = folder / f"{name}.pem"
        file.write_bytes(
            serialization.load_pem_private_key(pem.encode(), password=None).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        yield name, file


def known_inputs(vectors):
    """What the vectors' policies say, as arguments; a pattern as the URL itself, and over a URL that it covers."""
    for vector in vectors:
        statement = json.loads(vector["policy"])["Statement"][0]
        resource, condition = statement["Resource"], statement["Condition"]
        ip_address = condition.get("IpAddress", {}).get("AWS:SourceIp")
        if '"' in resource + (ip_address or ""):
            # An attempt at JSON injection: the other programs sign it, `usher` rejects it.
            continue
        rest = [
            condition["DateLessThan"]["AWS:EpochTime"],
            condition.get("DateGreaterThan", {}).get("AWS:EpochTime"),
            ip_address,
        ]
        yield Input(resource, *rest)
        if "*" in resource:
            yield Input(resource.replace("*", "a"), *rest, policy_resource=resource)


def botocore_signer(pem):
    key = serialization.load_pem_private_key(pem.read_bytes(), password=None)
    return CloudFrontSigner(KEY_PAIR_ID, lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()))


def botocore_sign(signer, each):
    ends = datetime.fromtimestamp(each.date_less_than, timezone.utc)
    if not each.is_custom():
        return signer.generate_presigned_url(each.url, date_less_than=ends)
    opens = each.date_greater_than and datetime.fromtimestamp(each.date_greater_than, timezone.utc)
    policy = signer.build_policy(each.policy_resource or each.url, ends, opens, each.ip_address)
    return signer.generate_presigned_url(each.url, policy=policy)


def aws_sign(aws, key, each):
    return output([aws, "cloudfront", "sign", *arguments(each), "--private-key", f"file://{key}"])


def usher_sign(usher, key, each):
    more = ["--policy-resource", each.policy_resource] if each.policy_resource else []
    # `usher` ends the line; awscli does not.
    return output(
        [usher, "sign", *arguments(each), *more, "--private-key", str(key), "--hash-algorithm", "SHA1"]
    ).removesuffix("\n")


def arguments(each):
    flags = ["--url", each.url, "--key-pair-id", KEY_PAIR_ID, "--date-less-than", str(each.date_less_than)]
    if each.date_greater_than:
        flags += ["--date-greater-than", str(each.date_greater_than)]
    if each.ip_address:
        flags += ["--ip-address", each.ip_address]
    return flags


def output(command):
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **nobody})
    # An error is printed in place of a URL, so that it never equals one.
    return done.stdout if done.returncode == 0 else f"(exit {done.returncode}) {done.stderr.strip()}"


sys.exit(main(*sys.argv[1:]))
