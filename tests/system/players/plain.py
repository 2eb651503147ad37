"""The same files for everybody: a server without signatures, with byte ranges, in the bucket's place."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/mp4",
    "mp4": "video/mp4",
    "ts": "video/mp2t",
    "vtt": "text/vtt",
}


class PlainServer(ThreadingHTTPServer):
    """Serves `folder`; where a playlist names `edge`, it names this server instead."""

    daemon_threads = True

    def __init__(self, folder, edge):
        super().__init__(("127.0.0.1", 0), Files)
        self.folder, self.edge = folder, edge
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Players close connections when they have enough."""


class Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = unquote(self.path.partition("?")[0])
        file = self.server.folder / path.lstrip("/")
        if ".." in path or not file.is_file():
            self.answer(404, b"", {})
            return
        content = file.read_bytes()
        extension = file.suffix.lstrip(".")
        if extension == "m3u8":
            content = content.replace(self.server.edge.encode(), self.server.url.encode())
        headers = {"Content-Type": TYPES.get(extension, "application/octet-stream"), "Accept-Ranges": "bytes"}
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if part is None:
            self.answer(200, content, headers)
            return
        start = int(part[1])
        end = min(int(part[2] or len(content)), len(content) - 1)
        if start > end:
            self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        self.answer(206, content[start : end + 1], headers)

    do_HEAD = do_GET

    def answer(self, status, content, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": len(content)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass
