"""Prints the tables from the lines `program<TAB>measure<TAB>microseconds` on standard input.

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

PLAYLISTS = ["public", "100", "5400", "100000"]
# The peer reads all the tags that it knows, as its README does; or as few as the work allows.
READERS = ["quick-m3u8", "quick-m3u8 with few tags"]


def main():
    best, urls, sizes = {}, {}, {}
    for line in sys.stdin:
        program, measure, value = line.rstrip("\n").split("\t")
        if measure.startswith("url "):
            urls.setdefault(measure, {})[program] = re.search("Signature=([^&]+)", value)[1]
        elif program == "size":
            sizes[measure] = int(value)
        else:
            key = (program, measure)
            best[key] = min(best.get(key, float("inf")), float(value))
    for measure, signatures in urls.items():
        if len(set(signatures.values())) != 1:
            sys.exit(f"error: {measure}: these programs did not make the same signature: {sorted(signatures)}")
    print_peers(best)
    print_targets(best, "Targets", TARGETS)
    playlists = [name for name in PLAYLISTS if f"segments, {name}" in sizes]
    print_playlists(best, sizes, playlists)
    add_times_per_segment(best, sizes, playlists)
    print_targets(best, "Targets for playlists", playlist_targets(playlists))


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


def print_playlists(best, sizes, playlists):
    print("\nPlaylists, by their number of segments; the rest as above\n")
    row = "{:<34}" + " {:>18}" * len(playlists)
    print(row.format("", *(f"{sizes[f'segments, {name}']:,}" for name in playlists)))
    for style in ["inline", "define"]:
        print(row.format(f"{style}: bytes", *(f"{sizes[f'bytes {style}, {name}']:,}" for name in playlists)))
        for program in ["ours", "memcpy", *READERS]:
            if (program, f"rewrite {style}, 5400") in best:
                cells = [cell(best, program, f"rewrite {style}, {name}") for name in playlists]
                print(row.format(f"{style}: {program}", *cells))
    signed = [f"sign {name} and write" for name in ["SHA1", "SHA256"]]
    for what in ["plan", "plan and write inline", "plan and write define", *signed]:
        print(row.format(what, *(cell(best, "ours", f"{what}, {name}") for name in playlists)))


def cell(best, program, measure):
    time = best[program, measure]
    return f"{time:,.1f}" if program == "ours" else f"{time:,.1f} (×{time / best['ours', measure]:,.2f})"


def add_times_per_segment(best, sizes, playlists):
    """What the function does, without the signature."""
    for name in playlists:
        taken = best["ours", f"plan and write inline, {name}"]
        best["ours", f"per segment, {name}"] = taken / sizes[f"segments, {name}"]


def playlist_targets(playlists):
    for name in playlists:
        measure = f"rewrite inline, {name}"
        yield (measure, measure, ("memcpy", measure), "at most", 4)
    for program in READERS:
        for name in playlists:
            measure = f"rewrite inline, {name}"
            yield (measure, measure, (program, measure), "faster", 3)
    for name in ["SHA1", "SHA256"]:
        measure = f"sign {name} and write, 5400"
        yield (measure, measure, ("botocore", "playlist, 5400"), "faster", 1000)
    yield ("plan and write, per segment", "per segment, 100000", ("ours", "per segment, 5400"), "at most", 1.25)


def print_targets(best, title, targets):
    print(f"\n{title}\n")
    row = "{:<31} {:>10}  {:<47} {:>11} {:>8}  {:<12} {}"
    print(row.format("", "ours µs", "beside", "µs", "ratio", "target", "met"))
    for what, measure, beside, kind, bound in targets:
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
