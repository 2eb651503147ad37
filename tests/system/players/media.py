"""Media for a playlist that has none: the files that it names, in the form that it states, encrypted if it says so."""

import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

# The key of a test is not secret.
KEY = bytes(range(16))
SEGMENT_SECONDS = 4
RATE = 25
PICTURE = ("-f", "lavfi", "-i", f"testsrc2=size=160x90:rate={RATE}")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000")
ENCODED_PICTURE = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "35", "-pix_fmt", "yuv420p"),
    *("-g", str(RATE * SEGMENT_SECONDS), "-sc_threshold", "0"),
)
ENCODED_SOUND = ("-c:a", "aac", "-b:a", "40k")
INPUTS = {"audio": SOUND, "both": PICTURE + SOUND, "video": PICTURE}
CODECS = {
    "audio": ("-map", "0", *ENCODED_SOUND),
    "both": ("-map", "0", "-map", "1", *ENCODED_PICTURE, *ENCODED_SOUND),
    "video": ("-map", "0", *ENCODED_PICTURE),
}


@dataclass
class Piece:
    """A segment or a map: the file's name in the playlist, the part of the file, and its encryption."""

    name: str
    length: int | None
    offset: int
    key: dict | None
    number: int


def make_media(folder, playlist, kind="both"):
    """Makes the files that the playlist in `folder` names, except those on another host."""
    initial, segments, keys = read(playlist)
    for key in keys:
        write(folder, key, 0, KEY)
    if kind == "subtitles":
        for index, segment in enumerate(segments):
            write(folder, segment.name, 0, subtitle(index))
        return
    work = folder / "work"
    work.mkdir(parents=True)
    ffmpeg = ("ffmpeg", "-nostdin", "-v", "error", *INPUTS[kind], "-t", str(SEGMENT_SECONDS * len(segments)))
    subprocess.run([*ffmpeg, *CODECS[kind], *form(initial, segments)], cwd=work, check=True)
    if initial:
        place(folder, initial, (work / "init").read_bytes())
    for index, segment in enumerate(segments):
        place(folder, segment, (work / str(index)).read_bytes())
    for file in work.iterdir():
        file.unlink()
    work.rmdir()


def form(initial, segments):
    """The options with which ffmpeg writes the files `0`, `1` and so on, and `init`."""
    if not initial and segments[0].name.endswith(".mp4"):
        # Each segment is a complete film.
        fragments = "movflags=frag_keyframe+empty_moov+default_base_moof"
        mp4 = ("-segment_format", "mp4", "-segment_format_options", fragments)
        return ("-f", "segment", "-segment_time", str(SEGMENT_SECONDS), *mp4, "%d")
    hls = ("-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_list_size", "0", "-hls_segment_filename", "%d")
    if initial:
        hls += ("-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init")
    return (*hls, "list.m3u8")


def read(playlist):
    """The map, the segments, and the names of keys."""
    initial, segments, keys = None, [], []
    key, range_, end = None, None, 0
    for line in re.split("[\r\n]+", playlist):
        if line.startswith("#EXT-X-KEY:"):
            attributes = attributes_of(line)
            if not attributes["URI"].startswith(("skd:", "data:")):
                keys.append(attributes["URI"])
            key = attributes if attributes["METHOD"] == "AES-128" else None
        elif line.startswith("#EXT-X-MAP:"):
            attributes = attributes_of(line)
            length, offset = byte_range(attributes.get("BYTERANGE"), 0)
            initial = Piece(attributes["URI"], length, offset, key, 0)
        elif line.startswith("#EXT-X-BYTERANGE:"):
            range_ = line.partition(":")[2]
        elif line and (not line.startswith("#") or line.startswith("#EXT-X-PREFETCH:")):
            length, offset = byte_range(range_, end)
            range_, end = None, offset + (length or 0)
            segments.append(Piece(line.removeprefix("#EXT-X-PREFETCH:"), length, offset, key, len(segments)))
    return initial, segments, keys


def attributes_of(line):
    pairs = re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', line.partition(":")[2])
    return {name: value.strip('"') for name, value in pairs}


def byte_range(text, end):
    if text is None:
        return None, 0
    length, _, offset = text.partition("@")
    return int(length), int(offset or end)


def encrypted(media, segment):
    iv = segment.key.get("IV", f"0x{segment.number:032x}").removeprefix("0x")
    openssl = ("openssl", "enc", "-aes-128-cbc", "-K", KEY.hex(), "-iv", iv)
    return subprocess.run(openssl, input=media, check=True, capture_output=True).stdout


def place(folder, piece, media):
    if piece.key:
        media = encrypted(media, piece)
    # A part of fixed length is filled up: a box without meaning ends a fragment of MP4.
    missing = (piece.length or len(media)) - len(media)
    if missing >= 8:
        media += struct.pack("!I4s", missing, b"free") + bytes(missing - 8)
    write(folder, piece.name, piece.offset, media)


def write(folder, name, offset, content):
    file = folder / path_of(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    with file.open("r+b") as out:
        out.seek(offset)
        out.write(content)


def path_of(name):
    """The file of a name in a playlist: an absolute name is in the same folder."""
    url = urlsplit(name)
    path = url.path.rsplit("/", 1)[-1] if url.netloc else url.path.replace("\\", "/")
    return Path(unquote(path))


def subtitle(index):
    start = index * 2
    return f"WEBVTT\n\n00:{start:02}.000 --> 00:{start + 1:02}.000\nnumber {index}\n".encode()
