"""A small web server for the demo's videos: this machine only, with resumable downloads."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
PORT = 8631
"""Preferred, so that the demo's addresses are the same each time."""
ADDRESS = f"http://{HOST}:{PORT}"
CHUNK = 1 << 16
TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
"""Files with other endings are not served."""


@contextmanager
def serve(folder: Path, port: int = PORT) -> Iterator[str]:
    """Serve the files that lie directly in a folder, and give the server's address, such as
    `http://127.0.0.1:8631`. Another free port is taken where that one is in use; 0 asks for any.
    """
    handler = partial(_Handler, folder)
    try:
        server = _Server((HOST, port), handler)
    except OSError:
        server = _Server((HOST, 0), handler)
    with server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "framesong-demo"
    sys_version = ""
    timeout = 30

    def __init__(self, folder: Path, *args: object) -> None:
        self.folder = folder
        super().__init__(*args)  # type: ignore[arg-type]  # request, address, server

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        path = self._file()
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        size = path.stat().st_size
        wanted = _range(self.headers.get("Range"), size)
        if wanted is None:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        partial_content = len(wanted) < size
        self.send_response(HTTPStatus.PARTIAL_CONTENT if partial_content else HTTPStatus.OK)
        self.send_header("Content-Type", TYPES[path.suffix])
        self.send_header("Content-Length", str(len(wanted)))
        self.send_header("Accept-Ranges", "bytes")
        if partial_content:
            self.send_header("Content-Range", f"bytes {wanted[0]}-{wanted[-1]}/{size}")
        self.end_headers()
        if with_body:
            with path.open("rb") as file:
                self._send(file, wanted)

    def _file(self) -> Path | None:
        """The file that is asked for, looked up among those that are there: a path out of the
        folder names none of them."""
        name = unquote(urlsplit(self.path).path).removeprefix("/")
        files = {path.name: path for path in self.folder.iterdir() if path.suffix in TYPES}
        path = files.get(name)
        return path if path and path.is_file() and not path.is_symlink() else None

    def _send(self, file: BinaryIO, wanted: range) -> None:
        file.seek(wanted.start)
        left = len(wanted)
        while left > 0:
            chunk = file.read(min(CHUNK, left))
            self.wfile.write(chunk)
            left -= len(chunk)

    def log_message(self, *args: object) -> None:
        """Quiet: the demo's own lines say what was downloaded."""


def _range(header: str | None, size: int) -> range | None:
    """The bytes that a Range header asks for (RFC 9110, 14.2); all of them where there is none,
    or one that is malformed or names several ranges, which a server may ignore. None where it
    lies beyond the end."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if not match or match.groups() == ("", ""):
        return range(size)
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size) if int(last) else None
    end = min(int(last) + 1, size) if last else size
    return range(int(first), end) if int(first) < end else None
