"""Starts each function again and again under the Runtime Interface Emulator, and prints what that takes.

The emulator's own figures: INIT is from the program's start to its first request for an event, a request from the event
to the end of the answer. After INIT the program has as much of a processor as its memory buys in Lambda.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

import processor

LIMIT = 10_000_000
PATH = "/video/m/playlist.m3u8"
EVENT = {
    "version": "2.0",
    "rawPath": PATH,
    "rawQueryString": "usher-style=inline",
    "headers": {
        "x-viewer-host": "d111111abcdef8.cloudfront.net",
        "x-viewer-credential": "url",
        "x-viewer-resource": "https://d111111abcdef8.cloudfront.net/video/*",
        # The function's signatures end with the viewer's policy.
        "x-viewer-expires": str(int(time.time()) + 6 * 3600),
    },
    "requestContext": {
        "accountId": "123456789012",
        "http": {"method": "GET", "path": PATH, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.178"},
        "time": "21/Nov/2026:20:00:00 +0000",
        "timeEpoch": 1795291200000,
    },
    "isBase64Encoded": False,
}
SIGNED = re.compile(r"^segment\d{3}\.ts\?Policy=[\w~-]+&Signature=[\w~-]+&Key-Pair-Id=\w+&Hash-Algorithm=SHA256$")
INIT_ENDS = b"INIT RTDONE("
INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
REQUEST = re.compile(r"INVOKE RTDONE\(status: success, produced bytes: \d+, duration: ([\d.]+)ms\)")
# KMS's name of a key type, and the signing algorithm.
KEYS = {"RSA": "RSASSA_PKCS1_V1_5_SHA_256", "P-256": "ECDSA_SHA_256"}

Started = collections.namedtuple("Started", "init first second memory")


def main():
    options = arguments()
    programs = {name: options.lambda_folder / name / "bootstrap" for name in
                ("resign-manifest", "issue-cookies", "publish-key")}
    sizes = {name: program.stat().st_size for name, program in programs.items()}
    node, python = options.node, options.python
    started = {
        "resign-manifest": ([str(programs["resign-manifest"])], sizes["resign-manifest"], options.node),
        "Node, AWS SDK 3": ([shutil.which("node"), "bootstrap.mjs"], size(node), node),
        "Python, boto3": ([str(options.python_program), "-m", "awslambdaric", "index.handler"], size(python), python),
    }
    memory_mb = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
    limiter = processor.limiter(memory_mb)
    print(f"median of {options.starts} starts; after INIT {processor.share(memory_mb):.3f} of a processor,"
          f" as {memory_mb} MB buy, by {limiter.name}")
    print(f"{'':17} {'deployed':>9} {'KMS and S3':>12} {'key':>6} {'INIT':>10} {'first':>10} {'second':>10}"
          f" {'memory':>9}")
    try:
        for name, (command, deployed, folder) in started.items():
            for service, key, settings in services(options):
                all_starts = [start(options, command, folder, settings, limiter) for _ in range(options.starts)]
                it = Started(*(statistics.median(values) for values in zip(*all_starts)))
                print(f"{name:17} {deployed / 1e6:6.2f} MB {service:>12} {key:>6} {it.init:7.1f} ms {it.first:7.1f} ms"
                      f" {it.second:7.1f} ms {it.memory / 1e3:6.1f} MB", flush=True)
    finally:
        limiter.close()
    print(f"load {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} processors")
    for name, bytes_ in sizes.items():
        print(f"{'ok' if bytes_ <= LIMIT else 'FAILED'}: {name} is {bytes_:,} bytes, at most {LIMIT:,}")
    failed = sum(bytes_ > LIMIT for bytes_ in sizes.values())
    print(f"{len(sizes) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--starts", type=int)
    parser.add_argument("--lambda", dest="lambda_folder", type=pathlib.Path)
    for name in ("emulator", "log", "node", "python", "python-program"):
        parser.add_argument(f"--{name}", type=pathlib.Path)
    for name in ("http", "https", "rsa-key", "p256-key"):
        parser.add_argument(f"--{name}")
    return parser.parse_args()


def services(options):
    """With and without TLS, a key of each kind: how the table calls it, and settings."""
    for service, url in (("plain HTTP", options.http), ("TLS", options.https)):
        for (key, algorithm), id_ in zip(KEYS.items(), (options.rsa_key, options.p256_key)):
            yield service, key, {"AWS_ENDPOINT_URL": url, "KMS_KEY_ID": id_, "SIGNING_ALGORITHM": algorithm}


def size(folder):
    """What would be deployed without a runtime that has the SDK already."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if "__pycache__" not in path.parts)


def start(options, command, folder, settings, limiter):
    """One start and two playlists: milliseconds, and the program's memory at its highest, in kB."""
    address = f"127.0.0.1:{free_port()}"
    emulator = [str(options.emulator), "--runtime-interface-emulator-address", address,
                "--runtime-api-address", f"127.0.0.1:{free_port()}", *command]
    with options.log.open("wb") as log:
        process = subprocess.Popen(emulator, cwd=folder, env=os.environ | settings, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
    # The first event starts the program.
    capping = threading.Thread(target=cap_after_init, args=(options.log, process, limiter))
    capping.start()
    try:
        for _ in range(2):
            assert_signed(invoke(address))
        peak = peak_memory(program_of(process.pid))
    except Exception:
        sys.stderr.write(options.log.read_text(errors="replace"))
        raise
    finally:
        process.terminate()
        process.wait()
        capping.join()
    log = options.log.read_text(errors="replace")
    first, second = REQUEST.findall(log)
    return Started(float(INIT.search(log)[1]), float(first), float(second), peak)


def cap_after_init(log, process, limiter):
    while process.poll() is None:
        if INIT_ENDS in log.read_bytes():
            limiter.cap(program_of(process.pid))
            return
        time.sleep(0.0002)


def invoke(address):
    url = f"http://{address}/2015-03-31/functions/function/invocations"
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, data=json.dumps(EVENT).encode(), timeout=60) as answer:
                return answer.read().decode()
        except ConnectionRefusedError:
            time.sleep(0.05)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise RuntimeError("the emulator does not listen")


def assert_signed(answer):
    body = json.loads(answer).get("body", "")
    uris = [line for line in body.splitlines() if line and not line.startswith("#")]
    if len(uris) != 100 or not all(SIGNED.match(uri) for uri in uris):
        raise AssertionError(f"not every URI is signed: {answer[:1000]}")


def program_of(emulator):
    # The parent is whichever of the emulator's threads started the program.
    children = [path.read_text().split() for path in pathlib.Path(f"/proc/{emulator}/task").glob("*/children")]
    [program] = [child for of_thread in children for child in of_thread]
    return int(program)


def peak_memory(program):
    status = pathlib.Path(f"/proc/{program}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


if __name__ == "__main__":
    main()
