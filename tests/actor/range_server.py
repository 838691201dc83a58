"""A range service on a free port of 127.0.0.1, for one look-up: "password".

range_server.py [CERTIFICATE KEY]: serves HTTPS, or plain HTTP without them.
Prints its port, serves until standard input ends.
"""
import http.server
import ssl
import sys
import threading
import time

PREFIX = "5BAA6"
SUFFIX = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"
OTHER = "0" * 35
connections = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        global connections
        connections += 1
        super().setup()

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        folder, name = self.path.strip("/").split("/")
        if self.headers.get("Add-Padding") != "true" or len(name) != len(PREFIX):
            return self.reply(400, "")
        rows = f"{OTHER}:7\r\n{SUFFIX}:3861493\r\n" if name == PREFIX else f"{OTHER}:7"
        if folder == "slow":
            time.sleep(6)
        if folder == "padded":
            rows = f"{OTHER}:7\r\n{SUFFIX}:0\r\n"
        if folder == "lower":
            rows = rows.lower()
        if folder == "connections":
            rows = f"{SUFFIX}:{connections}"
        if folder == "huge":
            rows = f"{OTHER}:7\r\n" * 100_000
        if folder == "page":
            rows = "<html>Please log in</html>"
        if folder == "moved":
            return self.reply(302, "", [("Location", f"/range/{name}")])
        if folder == "failing":
            return self.reply(503, rows)
        return self.reply(200, rows)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if len(sys.argv) == 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()
