"""Films, as people have them, a few seconds each."""

import subprocess

SECONDS = 20
RATE = "30000/1001"
SUBTITLES = """1
00:00:01,000 --> 00:00:03,000
One

2
00:00:05,000 --> 00:00:08,000
Across two segments
"""
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def picture(size, rate, seconds):
    return ("-f", "lavfi", "-t", str(seconds), "-i", f"testsrc2=size={size}:rate={rate}")


def ffmpeg(folder, *arguments):
    subprocess.run(("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments), cwd=folder, check=True)


def whole_film(folder):
    """Two languages, captions inside and beside it, and a name that needs care."""
    (folder / "inside.srt").write_text(SUBTITLES)
    (folder / "-my 'film'.de.srt").write_bytes(SUBTITLES.replace("One", "Übung").encode("cp1252"))
    sound = [("-f", "lavfi", "-t", str(SECONDS), "-i", f"sine=frequency={hertz}") for hertz in (330, 660)]
    ffmpeg(
        folder,
        *(*picture("640x360", RATE, SECONDS), *sound[0], *sound[1], "-i", "inside.srt"),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", *H264, "-c:a", "aac", "-c:s", "mov_text"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-metadata:s:s:0", "language=eng"),
        "file:-my 'film'.mp4",
    )
    return folder / "-my 'film'.mp4"


def odd_films(folder):
    """Films with the exit code of `usher package`, the size of their largest rendition, and what is said of them."""
    silent = "note: the film has no sound"
    small = picture("320x180", 25, 3)
    hdr = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=error"
    ffmpeg(folder, *small, *H264, "plain.mp4")
    ffmpeg(folder, "-i", "plain.mp4", "-c", "copy", "-metadata:s:v", "rotate=90", "turned.mp4")
    ffmpeg(folder, *picture("181x91", 10, 3), "-c:v", "ffv1", "odd.mkv")
    ffmpeg(folder, *picture("20x18", 25, 1), "-c:v", "ffv1", "tiny.mkv")
    ffmpeg(folder, *picture("320x180", 120, 2), *H264, "fast.mp4")
    ffmpeg(folder, *small, *H264, "-vf", "setsar=64/45", "wide.ts")
    ffmpeg(folder, *small, "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", hdr, "hdr.mp4")
    ffmpeg(folder, *picture("320x180", 60, 3), "-vf", "select='lt(t,1)+not(mod(n,3))'", "-vsync", "vfr", *H264, "vfr.mp4")
    ffmpeg(folder, "-f", "lavfi", "-t", "3", "-i", "sine", "sound.mp4")
    ffmpeg(folder, *small, *H264, "-f", "h264", "raw.h264")
    ffmpeg(folder, *picture("8x8", 25, 3), "-c:v", "ffv1", "dot.mkv")
    (folder / "text.mp4").write_text("no film")
    path = folder.resolve()
    return [
        ("turned.mp4", 0, (180, 320), silent),
        ("odd.mkv", 0, (180, 90), silent),
        ("tiny.mkv", 0, (20, 18), silent),
        ("fast.mp4", 0, (320, 180), f"note: 120 frames a second become 60\n{silent}"),
        ("wide.ts", 0, (454, 180), silent),
        ("hdr.mp4", 0, (320, 180), f"{silent}\nnote: the film is HDR; the renditions are SDR"),
        ("vfr.mp4", 0, (320, 180), f"note: the frame rate varies; the renditions have 33.708 frames a second\n{silent}"),
        ("sound.mp4", 2, None, f"error: {path}/sound.mp4 has no video stream: there is no picture to make a film of"),
        (
            *("raw.h264", 2, None),
            f"error: {path}/raw.h264 does not say how long it is: `ffmpeg -fflags +genpts -i FILM -c copy whole.mkv` "
            "writes it anew; package whole.mkv",
        ),
        ("dot.mkv", 2, None, f"error: {path}/dot.mkv is too small (8x8) to be a film"),
        (
            *("text.mp4", 2, None),
            f"error: {path}/text.mp4 cannot be read as a film: Invalid data found when processing input",
        ),
    ]
