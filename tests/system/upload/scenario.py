"""Uploads films to a bucket whose connections break.

scenario.py USHER ENDPOINT STATE: the program, moto, and the test's folder, with what moto says in `moto.log`.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import boto3
from proxy import Proxy

FAILURES = []
MEBIBYTE = 1 << 20
SEGMENTS, SEGMENT_BYTES = 75, 4 * MEBIBYTE
YEAR = "max-age=3600, s-maxage=31536000"


def main(usher, endpoint, state):
    log = state / "moto.log"
    bucket = boto3.resource("s3", endpoint_url=endpoint).create_bucket(Bucket="films")
    film = write(state / "film")
    proxy = Proxy(endpoint, [100 * MEBIBYTE, 200 * MEBIBYTE])
    done = upload(usher, proxy.url, film, "cut")
    names = sorted(path.name for path in film.iterdir())
    size = sum(path.stat().st_size for path in film.iterdir())
    summary = f"uploaded {len(names)} files, {size} bytes, to s3://films/video/cut"
    check("an upload whose connection broke twice succeeds", (done.returncode, last(done.stdout)), (0, summary), done.stderr)
    check("the connection broke twice", proxy.broken, 2)
    check("the bucket has every file", whole(bucket, film, "cut"), names)
    puts = Counter(puts_of(log, "cut"))
    check("nothing is sent twice", set(puts.values()), {1})
    extra = proxy.sent - size
    check("only the two files that broke began again", extra < 2 * SEGMENT_BYTES + 4 * MEBIBYTE, True, f"{extra} bytes more")
    check("the playlists come last", puts_of(log, "cut")[-2:], ["low.m3u8", "master.m3u8"])

    done = upload(usher, endpoint, film, "cut")
    there = f"uploaded 0 files, 0 bytes, to s3://films/video/cut; {len(names)} files, {size} bytes, were there already"
    check("a second upload sends nothing", (last(done.stdout), Counter(puts_of(log, "cut"))), (there, puts))
    done = upload(usher, endpoint, film, "cut", "--dry-run")
    sent = [line for line in done.stdout.splitlines() if not line.startswith("(dryrun) there already: ")]
    check("a dry run says so", (done.returncode, sent), (0, []))

    killed(usher, endpoint, bucket, film, log, names)
    refused(usher, endpoint, film)
    print(f"{len(FAILURES)} failed")
    return not FAILURES


def killed(usher, endpoint, bucket, film, log, names):
    command = (usher, "upload", film, "s3://films/video/killed")
    process = subprocess.Popen(command, env={**os.environ, "AWS_ENDPOINT_URL": endpoint}, stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(20)]
    process.kill()
    process.communicate()
    check("it was killed on the way", all(line.startswith("upload: ") for line in lines), True)
    keys = [item.key for item in bucket.objects.filter(Prefix="video/killed/")]
    check("then the bucket has no playlist", [key for key in keys if key.endswith(".m3u8")], [])
    done = upload(usher, endpoint, film, "killed")
    check("the next upload goes on", done.returncode, 0, done.stderr)
    check("then the bucket has every file", whole(bucket, film, "killed"), names)
    puts = Counter(puts_of(log, "killed"))
    twice = [name for name, count in puts.items() if count > 1]
    # Those that were on their way.
    check("and of what was whole, nothing was sent twice", len(twice) <= 8, True, str(twice))


def refused(usher, endpoint, film):
    command = (usher, "upload", film, "s3://no-such-bucket/video/m")
    done = subprocess.run(command, env={**os.environ, "AWS_ENDPOINT_URL": endpoint}, capture_output=True, text=True, check=False)
    sentence = "error: nothing was uploaded: S3 answers NoSuchBucket: the stack's output BucketName has the name\n"
    check("a bucket that is not there is named", (done.returncode, done.stdout, done.stderr), (1, "", sentence))


def write(folder):
    folder.mkdir()
    names = [f"{number:05}.m4s" for number in range(SEGMENTS)]
    for name in names:
        (folder / name).write_bytes(os.urandom(SEGMENT_BYTES))
    (folder / "low.m3u8").write_text("#EXTM3U\n" + "".join(f"#EXTINF:6,\n{name}\n" for name in names))
    (folder / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n")
    return folder


def upload(usher, endpoint, film, name, *options):
    command = (usher, "upload", film, f"s3://films/video/{name}", *options)
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def whole(bucket, film, name):
    """The names of the objects that are as on the disk."""
    names = []
    for item in bucket.objects.filter(Prefix=f"video/{name}/"):
        file, answer = film / item.key.rpartition("/")[2], item.get()
        if answer["Body"].read() == file.read_bytes() and (file.suffix != ".m4s" or answer["CacheControl"] == YEAR):
            names.append(file.name)
    return sorted(names)


def puts_of(log, name):
    """The files that were put, in order."""
    return re.findall(rf'"PUT /films/video/{name}/([^?" ]*)[^"]*" 200', log.read_text())


def last(text):
    return text.splitlines()[-1] if text else ""


def check(claim, found, expected, more=""):
    if found == expected:
        print(f"ok: {claim}", flush=True)
    else:
        FAILURES.append(claim)
        print(f"FAILED: {claim}: {found!r}, not {expected!r} {more}", flush=True)


if __name__ == "__main__":
    usher, endpoint, state = sys.argv[1:]
    sys.exit(0 if main(usher, endpoint, Path(state)) else 1)
