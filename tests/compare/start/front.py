"""TLS in front of moto. It keeps connections open, as AWS does: moto closes each after one answer.

Usage: front.py MOTO_ADDRESS CERTIFICATE KEY
"""

import http.client
import http.server
import ssl
import sys
import urllib.parse

OF_ONE_CONNECTION = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two packets. The second must not wait for the acknowledgement of the first.
    disable_nagle_algorithm = True
    moto = None

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        moto = http.client.HTTPConnection(self.moto)
        moto.request(self.command, self.path, body, dict(self.headers))
        answer = moto.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OF_ONE_CONNECTION:
                self.send_header(name, value)
        length = answer.headers["Content-Length"] if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", length or 0)
        self.end_headers()
        self.wfile.write(content)
        moto.close()

    do_GET = do_HEAD = do_POST = do_PUT = forward


def main():
    address, certificate, key = sys.argv[1:]
    Front.moto = urllib.parse.urlsplit(address).netloc
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
    # Each connection makes its handshake in its own thread, at its first read.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(f"listening on https://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
