"""A proxy in front of the bucket, which can cut a connection in the middle of a file."""

import socket
import threading
from urllib.parse import urlsplit


class Proxy:
    """Counts the bytes that a client sends. Where they pass one of `cuts`, the connection that sends them breaks."""

    def __init__(self, endpoint, cuts):
        self.target = urlsplit(endpoint).hostname, urlsplit(endpoint).port
        self.cuts = list(cuts)
        self.sent = 0
        self.broken = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.target)
            for source, sink, counts in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.pass_on, args=(source, sink, counts), daemon=True).start()

    def pass_on(self, source, sink, counts):
        try:
            while data := source.recv(65536):
                if counts and self.is_cut(len(data)):
                    break
                sink.sendall(data)
        except OSError:
            pass
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def is_cut(self, length):
        with self.lock:
            self.sent += length
            # A full buffer is in the middle of a file; the end of one would leave it whole, and its answer lost.
            if self.cuts and self.sent >= self.cuts[0] and length == 65536:
                self.cuts.pop(0)
                self.broken += 1
                return True
            return False
