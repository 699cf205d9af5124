"""A real web site on 127.0.0.1 that behaves as badly as a test wants."""

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VIDEO = "video/mp4"
PAGE = "text/html; charset=utf-8"


_RUDE = ("headers", "claim", "trickle", "endless", "unsized")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients hang up on purpose here."""


class Site:
    """Serves what `routes` says: a path (without query) leads to bytes or text, a status number,
    or a list of them, one per GET, of which the last stays. Use it in a `with` statement.

    Further behaviours of a list: `"hang"` never answers; `("cut", data, n)` breaks off after `n`
    bytes; `(status, reason phrase)`; `("headers", status, headers)`; `("claim", data, n)` sends
    `data` and states `n` bytes; `("trickle", data, pause)` sends a byte every `pause` seconds;
    `("endless", content type)` sends until the client leaves; `("unsized", data)` does not say how
    much it sends. `requests` holds each GET's path and
    Range header, `cookies` what it brought.
    """

    def __init__(self, routes=None):
        self.routes = dict(routes or {})
        self.requests = []
        self.cookies = []
        self.hits = defaultdict(int)
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def asked(self, path):
        return [each for each in self.requests if each[0] == path]

    def answer(self, path):
        found = self.routes.get(path, 404)
        if not isinstance(found, list):
            return found
        self.hits[path] += 1
        return found[min(self.hits[path], len(found)) - 1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site = self.server.site
        path = self.path.split("?")[0]
        wanted = self.headers.get("Range")
        site.requests.append((path, wanted))
        site.cookies.append(self.headers.get("Cookie"))
        answer = site.answer(path)
        if answer == "hang":
            site.over.wait(30)
            self.close_connection = True
        elif isinstance(answer, int):
            self._send(b"no", PAGE, answer)
        elif isinstance(answer, tuple) and answer[0] == "cut":
            self._send(answer[1], VIDEO, 200, wanted, stop_at=answer[2])
        elif isinstance(answer, tuple) and answer[0] in _RUDE:
            self._behave(*answer)
        elif isinstance(answer, tuple):
            self._send(b"no", PAGE, answer[0], phrase=answer[1])
        elif isinstance(answer, str):
            self._send(answer.encode(), _text_type(path), 200)
        else:
            self._send(answer, VIDEO, 200, wanted)

    def do_HEAD(self):
        self.do_GET()

    def _send(self, data, kind, status, wanted=None, stop_at=None, phrase=None):
        start = 0
        if wanted:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            status = 206
        self.send_response(status, phrase)
        self.send_header("Content-Type", kind)
        self.send_header("Accept-Ranges", "bytes")
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[start:stop_at])
        self.close_connection = stop_at is not None

    def _behave(self, kind, what, value=None):
        self.close_connection = kind != "headers"
        if kind == "headers":
            self._head(what, PAGE, value | {"Content-Length": "0"})
        elif kind == "claim":
            self._head(200, VIDEO, {"Content-Length": str(value)})
            self.wfile.write(what)
        elif kind == "trickle":
            self._head(200, VIDEO, {"Content-Length": str(len(what))})
            for byte in what:
                if self.server.site.over.wait(value):
                    return
                self.wfile.write(bytes([byte]))
        elif kind == "unsized":
            self._head(200, VIDEO, {})
            if self.command == "GET":
                self.wfile.write(what)
        elif kind == "endless":
            self._head(200, what, {})
            while not self.server.site.over.is_set():
                self.wfile.write(b"<html>  " * 8192)

    def _head(self, status, kind, headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        """Keep test output quiet."""


def _text_type(path):
    return {
        "xml": "application/rss+xml",
        "mpd": "application/dash+xml",
        "js": "text/javascript",
        "m3u8": "application/vnd.apple.mpegurl",
    }.get(path.rpartition(".")[2], PAGE)
