"""botocore's CloudFrontSigner with `cryptography`, the key parsed once, as its documentation shows it.

Usage: botocore_times.py RSA_PEM URL WILDCARD KEY_PAIR_ID EXPIRES PLAYLIST; prints
`program<TAB>measure<TAB>microseconds`.
"""

import re
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

PROGRAM = "botocore"
SECONDS = 0.5

# A line that is no tag, and the attribute URI of one.
URI = re.compile(r'^[^#\s]+$|(?<=[:,]URI=")[^"]+', re.MULTILINE)


def main(pem, url, wildcard, key_pair_id, expires, playlist):
    with open(pem, "rb") as file:
        key = serialization.load_pem_private_key(file.read(), password=None)
    date_less_than = datetime.fromtimestamp(int(expires), timezone.utc)
    segments = [f"{wildcard.rstrip('*')}s{number:04}.ts" for number in range(1000)]
    for name, algorithm, suffix in [
        ("SHA1", hashes.SHA1(), ""),
        # It does not know SHA-256: the callback may use it, and the parameter is the caller's to add.
        ("SHA256", hashes.SHA256(), "&Hash-Algorithm=SHA256"),
    ]:
        signer = CloudFrontSigner(
            key_pair_id, lambda message: key.sign(message, padding.PKCS1v15(), algorithm)
        )

        def canned():
            return signer.generate_presigned_url(url, date_less_than=date_less_than) + suffix

        def cookies():
            # It has no cookies either: this is what its users write.
            policy = signer.build_policy(wildcard, date_less_than).encode()
            return {
                "CloudFront-Policy": signer._url_b64encode(policy).decode(),
                "CloudFront-Signature": signer._url_b64encode(signer.rsa_signer(policy)).decode(),
                "CloudFront-Key-Pair-Id": key_pair_id,
            }

        def thousand():
            policy = signer.build_policy(wildcard, date_less_than)
            return [signer.generate_presigned_url(segment, policy=policy) + suffix for segment in segments]

        print(f"{PROGRAM}\turl {name}\t{canned()}")
        report(f"canned URL, {name}", canned)
        report(f"cookie set, {name}", cookies)
        report(f"1,000 URLs, {name}", thousand)
        if name == "SHA1":
            whole_playlist(signer, Path(playlist), wildcard.rstrip("*"), date_less_than)


def whole_playlist(signer, playlist, folder, date_less_than):
    """Each URI that a regular expression finds is signed, with a policy of its own."""
    text = playlist.read_text()

    def signed(uri):
        return signer.generate_presigned_url(folder + uri[0], date_less_than=date_less_than)

    def rewritten():
        return URI.sub(signed, text)

    count = text.count("#EXTINF") + 1
    if rewritten().count("Signature=") != count:
        sys.exit(f"error: not all of the {count} URIs were signed")
    report(f"playlist, {playlist.stem}", rewritten)


def report(measure, call):
    """The mean over at least that many seconds."""
    calls, taken = 1, time_of(call, 1)
    while taken < SECONDS:
        calls = int(calls * min(10, 1.1 * SECONDS / taken)) + 1
        taken = time_of(call, calls)
    print(f"{PROGRAM}\t{measure}\t{taken / calls * 1e6:.4f}")


def time_of(call, calls):
    # Processor time, as `openssl speed` counts.
    started = time.process_time()
    for _ in range(calls):
        call()
    return time.process_time() - started


main(*sys.argv[1:])
