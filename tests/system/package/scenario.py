"""Packages films, and asks independent programs what came of it.

scenario.py USHER ORIGIN STATE: the program, the edge over STATE/media, and the test's folder.
"""

import hashlib
import itertools
import json
import re
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import m3u8
from films import RATE, SECONDS, odd_films, whole_film

FAILURES = []


def main(usher, origin, state):
    media, films = state / "media", state / "films"
    film = whole_film(films)
    # Relative, so that its name begins with a dash.
    package = (usher, "package", "--media", media, "--name")
    done = run((*package, "film", "--download", "--", film.name), films)
    check("a film is packaged", (done.returncode, done.stdout), (0, f"packaged to {media}/video/film\n"), done.stderr)
    folder = media / "video/film"
    what_was_made(folder)
    what_the_playlists_say(folder)
    what_the_mpd_says(folder)
    interrupted(package, film, media, comparable(folder))
    changed(package, films, film, media)
    encrypted(package, film, media, folder)
    played(origin, folder)
    for name, code, size, said in odd_films(films):
        done = run((*package, f"odd-{Path(name).stem}", name), films)
        check(f"{name}: {said.splitlines()[0]}", (done.returncode, without_steps(done.stderr)), (code, said))
        if size:
            master = m3u8.load(str(media / f"video/odd-{Path(name).stem}/master.m3u8"))
            check(f"{name} is {size[0]}x{size[1]}", max(variant.stream_info.resolution for variant in master.playlists), size)
    print(f"{len(FAILURES)} failed")
    return not FAILURES


def what_was_made(folder):
    """The files, as ffprobe sees them."""
    pictures = sorted(folder.glob("*p"))
    check("the ladder does not go above the source", [path.name for path in pictures], ["234p", "360p"])
    key_frames = [key_frame_times(path) for path in pictures]
    expected = [Fraction(60 * number) / Fraction(RATE) for number in range(10)]
    near = [abs(time - right) < 0.001 for times in key_frames for time, right in zip(times, expected, strict=True)]
    check("key frames are at the same times in each rendition, two seconds apart", (key_frames[0], all(near)), (key_frames[1], True))
    starts = {path.name: float(probe(path / "playlist.m3u8", "stream=start_time")[0]) for path in folder.glob("audio-*")}
    check("sound begins with the picture", [-0.03 < start <= 0 for start in starts.values()], [True, True], str(starts))
    poster = probe(folder / "poster.jpg", "stream=width,height")
    check("the poster has the film's size", poster, ["640", "360"])
    download = probe(folder / "film.mp4", "stream=codec_name")
    check("the download has picture and sound", download, ["h264", "aac"])
    cues = re.findall(r"(\S+) --> (\S+)\nthumbnails/1.jpg#xywh=(\d+),(\d+),160,90", (folder / "thumbnails.vtt").read_text())
    width, height = (int(length) for length in probe(folder / "thumbnails/1.jpg", "stream=width,height"))
    inside = all(int(left) + 160 <= width and int(top) + 90 <= height for _, _, left, top in cues)
    times = [start for start, *_ in cues]
    check("thumbnails show each two seconds", (times, inside), ([f"00:00:{second:02}.000" for second in range(0, SECONDS, 2)], True))


def what_the_playlists_say(folder):
    master = m3u8.load(str(folder / "master.m3u8"))
    told = [(item.type, item.language, item.name, item.default, item.channels, item.uri) for item in master.media]
    expected = [
        ("AUDIO", "en", "English", "YES", "1", "audio-en/playlist.m3u8"),
        ("AUDIO", "de", "Deutsch", "NO", "1", "audio-de/playlist.m3u8"),
        ("SUBTITLES", "en", "English", "NO", None, "subtitles-en/playlist.m3u8"),
        ("SUBTITLES", "de", "Deutsch", "NO", None, "subtitles-de/playlist.m3u8"),
    ]
    check("sound and captions are renditions by language", told, expected)
    lists = {path.parent.name: m3u8.load(str(path)) for path in folder.glob("*/playlist.m3u8")}
    durations = {
        name: [segment.duration for segment in lists[name].segments]
        for name in ("234p", "360p", "audio-en", "audio-de", "subtitles-en", "subtitles-de")
    }
    check("pictures have the same segments", durations["234p"], durations["360p"])
    apart = [abs(sum(times[:end]) - sum(durations["360p"][:end])) for times in durations.values() for end in range(1, 4)]
    check("sound and captions have segments beside those of the picture", (max(apart) < 0.03, {len(times) for times in durations.values()}), (True, {4}))
    check("segments are six seconds long", durations["360p"][:3], [6.006] * 3)
    rounded = {name: max(round(segment.duration) for segment in playlist.segments) for name, playlist in lists.items()}
    check("no segment is longer than the target duration", {name: playlist.target_duration for name, playlist in lists.items()}, rounded)
    sound = peak_and_average(folder, lists["audio-en"])
    text = peak_and_average(folder, lists["subtitles-de"])
    for variant in master.playlists:
        name, info = variant.uri.split("/")[0], variant.stream_info
        peak, average = (sum(rates) for rates in zip(peak_and_average(folder, lists[name]), sound, text))
        near = [0.9 < declared / measured < 1.1 for declared, measured in ((info.bandwidth, peak), (info.average_bandwidth, average))]
        check(f"{name} has the declared bit rates", near, [True, True], f"{info.bandwidth} {peak}, {info.average_bandwidth} {average}")
        profile, level, width, height = probe(folder / name / "playlist.m3u8", "stream=profile,level,width,height")[:4]
        codec = {"High": "6400"}[profile]
        check(f"{name} has the declared codecs", info.codecs, f"avc1.{codec}{int(level):02x},mp4a.40.2")
        check(f"{name} has the declared size and rate", (info.resolution, info.frame_rate), ((int(width), int(height)), 29.97))
        frames = m3u8.load(str(folder / name / "iframes.m3u8"))
        check(f"{name} has a key frame for each segment", (frames.is_i_frames_only, len(frames.segments)), (True, 4))
        first_key_frame(folder / name, frames.segments[1])
    captions = (folder / "subtitles-de/00000.vtt").read_text()
    check("old captions are read in their encoding", "Übung" in captions, True)
    across = [(folder / f"subtitles-en/{number:05}.vtt").read_text().count("Across two segments") for number in range(4)]
    check("a cue is in each segment in which it is shown", across, [1, 1, 0, 0])


def what_the_mpd_says(folder):
    """The same segments as the playlists, by another reader of XML and by ffmpeg's reader of MPDs."""
    mpd = ElementTree.parse(folder / "manifest.mpd").getroot()
    duration = m3u8.load(str(folder / "360p/playlist.m3u8")).segments
    whole = float(mpd.get("mediaPresentationDuration").removeprefix("PT").removesuffix("S"))
    check("the MPD lasts as long as the pictures", round(whole, 6), round(sum(segment.duration for segment in duration), 6))
    sets = mpd.findall("{*}Period/{*}AdaptationSet")
    told = [(one.get("mimeType"), one.get("lang"), [rep.get("id") for rep in one.findall("{*}Representation")]) for one in sets]
    expected = [
        ("video/mp4", None, ["360p", "234p"]),
        ("audio/mp4", "en", ["audio-en"]),
        ("audio/mp4", "de", ["audio-de"]),
        ("text/vtt", "en", ["subtitles-en"]),
        ("text/vtt", "de", ["subtitles-de"]),
    ]
    check("the MPD has the renditions by language", told, expected)
    for rep in mpd.findall(".//{*}Representation"):
        name = rep.get("id")
        playlist = m3u8.load(str(folder / name / "playlist.m3u8"))
        sections = [f"{name}/{section.uri}" for section in playlist.segment_map]
        expected = [*sections, *((f"{name}/{segment.uri}", round(segment.duration, 6)) for segment in playlist.segments)]
        check(f"the MPD has the segments of {name}", listed(rep.find("{*}SegmentTemplate")), expected)
    variants = {variant.uri.split("/")[0]: variant.stream_info for variant in m3u8.load(str(folder / "master.m3u8")).playlists}
    rates = {rep.get("id"): int(rep.get("bandwidth")) for rep in mpd.findall(".//{*}Representation")}
    # In HLS, a bit rate is that of the pictures with sound and captions.
    besides = max(rates["audio-en"], rates["audio-de"]) + max(rates["subtitles-en"], rates["subtitles-de"])
    bandwidths = {name: info.bandwidth - besides for name, info in variants.items()}
    check("the MPD has the bit rates of the playlist", {name: rates[name] for name in variants}, bandwidths)
    check("ffmpeg decodes the same from the MPD", frames(folder / "manifest.mpd"), frames(folder / "master.m3u8"))


def listed(template):
    """What a template names: the initialization section, and each segment with its seconds."""
    scale, number = int(template.get("timescale")), int(template.get("startNumber"))
    found = [template.get("initialization")] if template.get("initialization") else []
    for run in template.iterfind("{*}SegmentTimeline/{*}S"):
        for _ in range(int(run.get("r", 0)) + 1):
            name = template.get("media").replace("$Number%05d$", f"{number:05}")
            found.append((name, int(run.get("d")) / scale))
            number += 1
    return found


def frames(manifest):
    """The hashes of the streams, in any order."""
    return sorted(line.split("=")[-1] for line in decoded(manifest).splitlines())


def first_key_frame(folder, segment):
    """The byte range holds a whole key frame, which decodes alone."""
    length, start = (int(number) for number in segment.byterange.split("@"))
    file = folder / "frame.mp4"
    part = (folder / segment.uri).read_bytes()[start : start + length]
    file.write_bytes((folder / "init.mp4").read_bytes() + part)
    entries = ("-show_entries", "packet=flags,size", "-of", "csv=p=0", "-select_streams", "v", "-read_intervals", "%+#1")
    told = run(("ffprobe", "-v", "quiet", *entries, file), folder).stdout.splitlines()[0].split(",")
    file.unlink()
    check(f"{folder.name}: the key frame is the last thing in its bytes", (told[1].startswith("K"), part.find(b"mdat") + 4 + int(told[0])), (True, length))


def interrupted(package, film, media, whole):
    """Killed three times on the way, the next run still makes the same files."""
    again = (*package, "again", "--download", "--", film.name)
    folder, reached = media / "video/again", []
    for step in ("360p", "audio-en", "thumbnails"):
        process = subprocess.Popen(again, cwd=film.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if line == f"making {step}\n":
                break
        time.sleep(0.1)
        process.kill()
        process.communicate()
        names = published(folder)
        reached.append(any(name.startswith("234p/") for name in names))
        check(f"killed while it made {step}, it has no manifest", {"master.m3u8", "manifest.mpd"} & {*names}, set())
        lists = [folder / name for name in names if name.endswith(".m3u8")]
        named = [path.parent / segment.uri for path in lists for segment in m3u8.load(str(path)).segments]
        check("and no playlist names what is not there", [path for path in named if not path.exists()], [])
    check("what was whole stays", reached, [True, True, True])
    before = (folder / "234p/init.mp4").stat().st_mtime_ns
    done = run(again, film.parent)
    check("the next run goes on", (done.returncode, "making 234p" in done.stderr), (0, False), done.stderr)
    check("it made nothing anew", (folder / "234p/init.mp4").stat().st_mtime_ns, before)
    check("the files are the same as without interruption", comparable(folder), whole)
    done = run(again, film.parent)
    check("a run after that has nothing to do", done.stdout, f"{folder} is complete; nothing was to be made\n")
    check("nothing is left behind", sorted(path.name for path in (folder / ".package").iterdir()), ["lock", "record.json"])


def changed(package, films, film, media):
    """Another film under the name is refused; the same film, changed, is made anew."""
    folder = media / "video/again"
    (films / "other.mp4").write_bytes(film.read_bytes())
    done = run((*package, "again", "other.mp4"), films)
    refusal = f'error: {folder} is the package of another film, "{film.name}": choose another name with --name\n'
    check("another film does not take its place", (done.returncode, done.stderr), (2, refusal))
    (media / "video/mine").mkdir()
    (media / "video/mine/master.m3u8").write_text("#EXTM3U\n")
    done = run((*package, "mine", "other.mp4"), films)
    check("a folder of other origin is not touched", (done.returncode, [*published(media / "video/mine")]), (2, ["master.m3u8"]))
    film.touch()
    done = run((*package, "again", "--", film.name), films)
    made = re.findall("making (.*)", done.stderr)
    expected = ["234p", "360p", "audio-en", "audio-de", "subtitles-en", "subtitles-de", "poster.jpg", "thumbnails"]
    check("a film that changed is made anew", made, expected)
    check("and what is no longer wanted is gone", (folder / "film.mp4").exists(), False)


def encrypted(package, film, media, plain):
    """openssl reads what is encrypted, and gets the plain segments."""
    done = run((*package, "secret", "--encrypt", "--", film.name), film.parent)
    folder, same = media / "video/secret", []
    for rendition in ("360p", "audio-de"):
        key = (folder / rendition / "key.bin").read_bytes().hex()
        for number in range(4):
            name = f"{rendition}/{number:05}.m4s"
            openssl = ("openssl", "enc", "-d", "-aes-128-cbc", "-K", key, "-iv", f"{number:032x}", "-in", folder / name)
            opened = subprocess.run(openssl, check=True, capture_output=True).stdout
            # x264 does not write the same bytes twice.
            same.append(opened[4:12] == b"stypmsdh" if rendition == "360p" else opened == (plain / name).read_bytes())
    check("the key opens the segments", (done.returncode, same), (0, [True] * 8), done.stderr)
    note = "note: the film has no MPD, because players of DASH do not decrypt AES-128\n"
    check("and there is no MPD", (note in done.stderr, (folder / "manifest.mpd").exists()), (True, False), done.stderr)
    frames = [run(("ffprobe", "-v", "error", "-allowed_extensions", "ALL", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", path / "360p/playlist.m3u8"), path).stdout for path in (folder, plain)]
    check("and every frame is there", frames[0], frames[1])


def played(origin, plain):
    """ffmpeg plays the films through the edge, with cookies and by a signed URL, as from the disk."""
    token = ask(f"{origin}/demo/sign-in", {"viewer": "demo"})["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    right = decoded(plain / "master.m3u8")
    check("ffmpeg plays the film", right.count("MD5="), 4, right)
    for name, right in (("film", right), ("secret", decoded(plain.parent / "secret/master.m3u8"))):
        path = f"/video/{name}/master.m3u8"
        with urlopen(request(f"{origin}/auth/cookies", {"path": path}, bearer)) as answer:
            lines = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie")]
        # A cookie without a value is one that is cleared.
        cookies = "; ".join(line for line in lines if not line.endswith("="))
        check(f"{name} plays with cookies", decoded(origin + path, "-headers", f"Cookie: {cookies}\r\n"), right)
        url = ask(f"{origin}/auth/urls", {"path": path}, bearer)["url"]
        check(f"{name} plays by a signed URL", decoded(url), right)
    check("without either, it does not", decoded(f"{origin}/video/film/master.m3u8"), "")


def decoded(url, *options):
    """A hash of the frames of each rendition of picture and sound."""
    streams = ("-map", "0:v", "-map", "0:a", "-f", "streamhash", "-hash", "md5", "-")
    command = ("ffmpeg", "-nostdin", "-v", "error", "-allowed_extensions", "ALL", *options, "-i", url, *streams)
    return run(command, Path("/")).stdout


def key_frame_times(folder):
    entries = ("-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", "-select_streams", "v")
    lines = run(("ffprobe", "-v", "error", *entries, folder / "playlist.m3u8"), folder).stdout.split()
    return [float(line.split(",")[0]) for line in lines if ",K" in line]


def probe(file, entries):
    """The values, each once: a playlist's streams are told for its program, too."""
    told = json.loads(run(("ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", file), file.parent).stdout)
    names = entries.partition("=")[2].split(",")
    return [str(stream[name]) for stream in told["streams"] for name in names]


def peak_and_average(folder, playlist):
    """Measured on the disk. The peak is that of runs of segments near the target duration (RFC 8216, 4.1)."""
    base = Path(playlist.base_uri)
    segments = [(segment.duration, (base / segment.uri).stat().st_size * 8) for segment in playlist.segments]
    rates = []
    for start, end in itertools.combinations(range(len(segments) + 1), 2):
        seconds, bits = (sum(column) for column in zip(*segments[start:end]))
        if 0.5 <= seconds / playlist.target_duration <= 1.5:
            rates.append(bits / seconds)
    return max(rates), sum(bits for _, bits in segments) / sum(seconds for seconds, _ in segments)


def published(folder):
    """What viewers may get, with a hash."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".package" not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def comparable(folder):
    """What is published, but for what depends on the bytes of pictures: with a limit of the bit rate and with several
    threads, x264 does not write the same bytes twice."""
    files = published(folder)
    for name in files:
        if re.match(r"\d+p/.*m4s|\d+p/iframes.m3u8|film.mp4", name):
            files[name] = None
    for name in ("master.m3u8", "manifest.mpd"):
        files[name] = re.sub(r"(?i)(bandwidth=\"?)\d+", r"\1", (folder / name).read_text())
    return files


def without_steps(stderr):
    return "\n".join(line for line in stderr.splitlines() if not re.match(r"making |\d+ %", line))


def ask(url, body, headers=None):
    with urlopen(request(url, body, headers)) as response:
        return json.load(response)


def request(url, body, headers=None):
    return Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


def run(command, folder):
    return subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)


def check(claim, found, expected, more=""):
    if found == expected:
        print(f"ok: {claim}", flush=True)
    else:
        FAILURES.append(claim)
        print(f"FAILED: {claim}: {found!r}, not {expected!r} {more}", flush=True)


if __name__ == "__main__":
    usher, origin, state = sys.argv[1:]
    sys.exit(0 if main(usher, origin, Path(state)) else 1)
