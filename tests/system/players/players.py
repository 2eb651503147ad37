"""How each player plays a URL to its end, as fast as it can, and what it decoded.

What a player makes is a text that is the same whenever the same frames or bytes came; nothing where it did not play.
"""

import hashlib
import os
import re
import subprocess
from pathlib import Path

SECONDS = 60
# The exit code of `timeout`.
HANGS = 124
# VLC runs as nobody if root runs it: it refuses to run as root.
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def ffmpeg(url, folder):
    """A hash of the decoded frames of each rendition."""
    hashes = ["-map", "0", "-f", "streamhash", "-hash", "md5", "hashes"]
    done = run(["ffmpeg", "-nostdin", "-v", "error", "-i", url, *hashes], folder)
    return " ".join((folder / "hashes").read_text().split()) if done.returncode == 0 else ""


def mpv(url, folder):
    """The decoded frames, and their times."""
    encoder = ["--of=framecrc", "--ovc=rawvideo", "--oac=pcm_s16le", "-o", "frames"]
    done = run(["mpv", "--no-config", "--really-quiet", "--hls-bitrate=max", *encoder, url], folder)
    if done.returncode != 0:
        return ""
    lines = (folder / "frames").read_text().splitlines()
    # Picture and sound arrive in any order, and either may be the first stream.
    return told("frame", sorted(line.partition(",")[2] for line in lines if not line.startswith("#")))


def vlc(url, folder):
    """The number of packets by kind; VLC decides itself when to start."""
    folder.chmod(0o777)
    out = folder / "out.ts"
    sout = f"#std{{access=file,mux=ts,dst={out}}}"
    options = ["--intf", "dummy", "--no-media-library", "--play-and-exit", "--adaptive-logic=highest"]
    as_nobody = NOBODY if os.getuid() == 0 else ()
    done = run([*as_nobody, "cvlc", *options, "--sout", sout, url], folder)
    if done.returncode != 0 or not out.exists() or out.stat().st_size == 0:
        return ""
    entries = ["-count_packets", "-show_entries", "stream=codec_type,nb_read_packets", "-of", "csv=p=0"]
    probed = run(["ffprobe", "-v", "error", *entries, str(out)], folder)
    return " ".join(sorted(set(probed.stdout.decode().split())))


def gstreamer(url, folder):
    """The number of video frames, and of bytes of sound."""
    picture = ["videoconvert", "!", "videoscale", "!", "video/x-raw,width=16,height=16,format=GRAY8"]
    sound = ["audioconvert", "!", "audio/x-raw,format=S16LE,channels=1"]
    # Without limits: each sink waits until the other has data too, and the data in between must fit.
    queue = ["queue", "max-size-buffers=0", "max-size-bytes=0", "max-size-time=0"]
    sinks = [
        *("d.", "!", *queue, "!", *picture, "!", "filesink", "location=picture"),
        *("d.", "!", *queue, "!", *sound, "!", "filesink", "location=sound"),
    ]
    source = ["uridecodebin", "connection-speed=100000", f"uri={url}", "name=d"]
    # Some of a thousand pipelines hang before the first frame, also without signatures (1.22).
    for _ in range(3):
        done = run(["gst-launch-1.0", "--quiet", *source, *sinks], folder, seconds=20)
        if done.returncode != HANGS:
            break
    if done.returncode != 0:
        return ""
    frames = (folder / "picture").stat().st_size // (16 * 16)
    return f"{frames} frames, {(folder / 'sound').stat().st_size} bytes of sound"


def streamlink(url, folder):
    """The bytes."""
    done = run(["streamlink", "--no-config", "--quiet", "--output", "out", url, "best"], folder)
    return told_file(folder / "out") if done.returncode == 0 else ""


def yt_dlp(url, folder):
    """The bytes."""
    quiet = ["--quiet", "--no-warnings", "--ignore-config", "--no-cache-dir", "--fixup", "never"]
    done = run(["yt-dlp", *quiet, "--output", "out.%(ext)s", url], folder)
    files = list(folder.glob("out.*"))
    return told_file(files[0]) if done.returncode == 0 and len(files) == 1 else ""


PLAYERS = {
    "ffmpeg": ffmpeg,
    "mpv": mpv,
    "VLC": vlc,
    "GStreamer": gstreamer,
    "streamlink": streamlink,
    "yt-dlp": yt_dlp,
}


def run(command, folder, seconds=SECONDS):
    """Runs a player in a new folder; a player that hangs has failed."""
    environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run(command, cwd=folder, env=environment, timeout=seconds, check=False, **quiet)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, HANGS, b"", b"")


def told(what, lines):
    digest = hashlib.md5("\n".join(lines).encode()).hexdigest()
    return f"{len(lines)} {what}s, {digest}" if lines else ""


def told_file(file):
    if not file.exists() or file.stat().st_size == 0:
        return ""
    content = file.read_bytes()
    return f"{len(content)} bytes, {hashlib.md5(content).hexdigest()}"
