"""Prints the two tables from the lines `program<TAB>measure<TAB>microseconds` on standard input.

Of the rounds, the best counts: what else the machine does only ever adds time.
"""

import re
import sys

PEERS = ["botocore", "cloudfront-signer", "cloudfront_sign"]
BESIDE = [f"{what}, {hash}" for hash in ["SHA1", "SHA256"] for what in ["canned URL", "cookie set", "1,000 URLs"]]

# What, ours, whose time it is compared with, the least or the most, and the bound. A single time has no peer.
TARGETS = [
    ("RSA-2048/SHA-256 signature", "RSA-2048 signature", ("openssl", "RSA-2048 signature"), "at most", 1.05),
    ("canned URL with P-256, to RSA", "canned URL, P-256", ("botocore", "canned URL, SHA256"), "faster", 5),
    ("1,000 URLs, one grant, SHA-256", "1,000 URLs, SHA256", ("botocore", "1,000 URLs, SHA256"), "faster", 250),
    ("1,000 URLs, one grant, SHA-1", "1,000 URLs, SHA1", ("botocore", "1,000 URLs, SHA1"), "faster", 250),
    ("cached grant to a checked URL", "cached grant to an ExactUrl", None, "under", 1),
    ("cached grant to a text", "cached grant to text", None, "under", 1),
    ("verify a canned URL", "verify a canned URL", ("ours", "bare verification"), "at most", 2),
    ("verify a custom URL", "verify a custom URL", ("ours", "bare verification"), "at most", 2),
]


def main():
    best, urls = {}, {}
    for line in sys.stdin:
        program, measure, value = line.rstrip("\n").split("\t")
        if measure.startswith("url "):
            urls.setdefault(measure, {})[program] = re.search("Signature=([^&]+)", value)[1]
        else:
            key = (program, measure)
            best[key] = min(best.get(key, float("inf")), float(value))
    for measure, signatures in urls.items():
        if len(set(signatures.values())) != 1:
            sys.exit(f"error: {measure}: these programs did not make the same signature: {sorted(signatures)}")
    print_peers(best)
    print_targets(best)


def print_peers(best):
    print("\nMicroseconds of processor time; (×) is how many times as fast ours is\n")
    row = "{:<22} {:>10}" + " {:>22}" * len(PEERS)
    print(row.format("", "ours", *PEERS))
    for measure in BESIDE:
        ours = best["ours", measure]
        cells = [
            f"{theirs:,.1f} (×{theirs / ours:,.2f})" if (theirs := best.get((peer, measure))) else "-"
            for peer in PEERS
        ]
        print(row.format(measure, f"{ours:,.1f}", *cells))


def print_targets(best):
    print("\nTargets\n")
    row = "{:<31} {:>10}  {:<31} {:>10} {:>8}  {:<12} {}"
    print(row.format("", "ours µs", "beside", "µs", "ratio", "target", "met"))
    for what, measure, beside, kind, bound in TARGETS:
        ours = best["ours", measure]
        name, theirs = (" ".join(beside), best[beside]) if beside else ("-", None)
        if kind == "faster":
            ratio, target, met = theirs / ours, f"≥ {bound} ×", theirs / ours >= bound
        elif kind == "at most":
            ratio, target, met = ours / theirs, f"≤ {bound} ×", ours / theirs <= bound
        else:
            ratio, target, met = None, f"< {bound} µs", ours < bound
        shown = [f"{theirs:,.1f}" if theirs else "-", f"{ratio:,.2f}" if ratio else "-"]
        print(row.format(what, f"{ours:,.2f}", name, *shown, target, "yes" if met else "NO"))


main()
