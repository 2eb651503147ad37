"""Plays each case with each player, without signatures and by a signed URL, and compares.

scenario.py ORIGIN SAMPLES CASES STATE [CASE …]: the edge, where the samples and the cases are, and the test's folder,
with the edge's media in `media` and what the edge says in `edge.log`.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

from media import make_media
from plain import PlainServer
from players import PLAYERS

AT_A_TIME = 4
# The host of the cases' own absolute URIs.
CASE_ORIGIN = "https://media.example.com"


@dataclass
class Case:
    """Playlists with their contents, and the one that is played; without playlists, a sample."""

    name: str
    played: str = "master.m3u8"
    playlists: dict | None = None
    sample: str | None = None
    # The folder below /video/, if it is not the case's own name.
    place: str | None = None
    # Whether ffmpeg plays it without signatures.
    ffmpeg: bool = True

    @property
    def folder(self):
        return self.place or self.name

    @property
    def path(self):
        return quote(f"/video/{self.folder}/{self.played}")


def single(name, playlist="in.m3u8", **more):
    return Case(name, playlist, {playlist: "both"}, **more)


SHAKA = {"h.m3u8": None, "vi.m3u8": None, "a.m3u8": "audio", "v.m3u8": "video", "t.m3u8": "subtitles"}
CASES = [
    Case("clock-ts", sample="clock-ts"),
    Case("clock-fmp4", sample="clock-fmp4"),
    single("01-unquoted-uri"),
    single("02-cr-only-line-ends"),
    single("03-star-in-file-name"),
    single("04-extinf-outlier", "vod.m3u8"),
    Case("05-path-with-brackets", sample="clock-ts", place="br[1]"),
    # Players that read URLs as browsers do read the backslash as a slash; these do not.
    single("08-backslash-in-relative-path", ffmpeg=False),
    single("12-lhls-prefetch"),
    single("p1-ffmpeg-single-file-fmp4", "out.m3u8"),
    Case("p2-shaka-packager-abr", "h.m3u8", SHAKA),
    single("p3-raw-spaces-absolute", place="2017 01 01.mp4"),
    single("p4-multi-drm-keys"),
    single("p5-query-tokens-and-tag-order"),
]


def main(origin, samples, cases, state, *names):
    chosen = [case for case in CASES if not names or case.name in names]
    if not cases.is_dir():
        if "USHER_SHARED" in os.environ:
            sys.exit(f"error: USHER_SHARED has no folder {cases}")
        print("skipped: what packagers write: not at hand (set USHER_SHARED)")
        chosen = [case for case in chosen if case.sample]
    media = state / "media"
    for case in chosen:
        if case.sample:
            shutil.copytree(samples / case.sample, media / "video" / case.folder)
        else:
            write(case, cases / case.name, media, origin)
    plain = PlainServer(media, origin)
    token = ask(f"{origin}/demo/sign-in", {"viewer": "players"}, {})["token"]
    plays = [(case, player) for case in chosen for player in PLAYERS]
    outcomes = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        found = pool.map(lambda play: compare(*play, plain, origin, token, state), plays)
        for (case, player), (unsigned, signed) in zip(plays, found, strict=True):
            claim = f"{player} plays {case.name} by a signed URL as without signatures"
            if not unsigned and (player != "ffmpeg" or not case.ffmpeg):
                print(f"not played unprotected either: {case.name} by {player}", flush=True)
            elif unsigned and signed == unsigned:
                outcomes.append(told(claim, signed, None))
            else:
                outcomes.append(told(claim, None, f"{signed or 'not played'}, and not {unsigned or 'not played'}"))
    refused = refused_paths((state / "edge.log").read_text())
    outcomes.append(told("no request of a player is refused", "none", "; ".join(refused)))
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed")
    return all(outcomes)


def told(claim, right, wrong):
    print(f"FAILED: {claim}: {wrong}" if wrong else f"ok: {claim}: {right}", flush=True)
    return not wrong


def refused_paths(log):
    """The paths of requests below /video/ whose answer was an error."""
    requests = re.findall(r"^(\d+) \w+ +\w+ (/video/\S*)", log, re.MULTILINE)
    return sorted({f"{status} {path}" for status, path in requests if status not in ("200", "206")})


def compare(case, player, plain, origin, token, state):
    """The player's result for the case without signatures, and by a signed URL."""
    unsigned = play(player, plain.url + case.path, state)
    if not unsigned:
        return "", ""
    signed = ask(f"{origin}/auth/urls", {"path": case.path}, {"Authorization": f"Bearer {token}"})["url"]
    return unsigned, play(player, signed, state)


def play(player, url, state):
    with tempfile.TemporaryDirectory(dir=state) as folder:
        return PLAYERS[player](url, Path(folder))


def write(case, source, media, origin):
    """The case's playlists, with another host and with the tags that a film that ends requires, and their media."""
    folder = media / "video" / case.folder
    folder.mkdir(parents=True)
    for name, kind in case.playlists.items():
        playlist = (source / name).read_bytes().decode().replace(CASE_ORIGIN, origin)
        if kind and "#EXT-X-TARGETDURATION" not in playlist:
            playlist = playlist.replace("#EXTM3U\n", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n")
        if kind and "#EXT-X-ENDLIST" not in playlist:
            playlist += "#EXT-X-ENDLIST\n"
        (folder / name).write_bytes(playlist.encode())
        if kind:
            make_media(folder, playlist, kind)


def ask(url, body, headers):
    headers = {"Content-Type": "application/json", **headers}
    with urlopen(Request(url, json.dumps(body).encode(), headers)) as response:
        return json.load(response)


if __name__ == "__main__":
    origin, samples, cases, state, *names = sys.argv[1:]
    sys.exit(0 if main(origin, Path(samples), Path(cases), Path(state), *names) else 1)
