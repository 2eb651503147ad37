"""Starts each function again and again under the Runtime Interface Emulator, and prints what that takes.

INIT is the emulator's own figure: from the program's start to its first request for an event.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

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
        # What the function signs ends with the viewer's policy.
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
    print(f"{'':17} {'deployed':>9} {'INIT, median of ' + str(options.starts):>24} {'best':>8} {'memory':>9}")
    for name, (command, deployed, folder) in started.items():
        times, peaks = zip(*(start(options, command, folder) for _ in range(options.starts)))
        print(f"{name:17} {deployed / 1e6:6.2f} MB {statistics.median(times):21.1f} ms"
              f" {min(times):5.1f} ms {statistics.median(peaks) / 1e3:6.1f} MB", flush=True)
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
    return parser.parse_args()


def size(folder):
    """What would be deployed without a runtime that has the SDK already."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if "__pycache__" not in path.parts)


def start(options, command, folder):
    """One start and one playlist: milliseconds of INIT, and the program's memory at its highest, in kB."""
    address = f"127.0.0.1:{free_port()}"
    emulator = [str(options.emulator), "--runtime-interface-emulator-address", address,
                "--runtime-api-address", f"127.0.0.1:{free_port()}", *command]
    with options.log.open("wb") as log:
        process = subprocess.Popen(emulator, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        assert_signed(invoke(address))
        peak = peak_memory(process.pid)
    except Exception:
        sys.stderr.write(options.log.read_text(errors="replace"))
        raise
    finally:
        process.terminate()
        process.wait()
    report = re.search(r"INIT REPORT\(durationMs: ([\d.]+)\)", options.log.read_text(errors="replace"))
    return float(report[1]), peak


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
    # The emulator shows a streamed answer as it is on the wire: its head, eight zero bytes, its body.
    head, streamed, body = answer.partition("\0" * 8)
    body = body if streamed else json.loads(head).get("body", "")
    uris = [line for line in body.splitlines() if line and not line.startswith("#")]
    if len(uris) != 100 or not all(SIGNED.match(uri) for uri in uris):
        raise AssertionError(f"not every URI is signed: {answer[:1000]}")


def peak_memory(emulator):
    # Whichever of the emulator's threads started the program is its parent.
    children = [path.read_text().split() for path in pathlib.Path(f"/proc/{emulator}/task").glob("*/children")]
    [program] = [child for of_thread in children for child in of_thread]
    status = pathlib.Path(f"/proc/{program}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


if __name__ == "__main__":
    main()
