"""A real HTTP server whose `/v1/models` answers as a test tells it to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server


@dataclass
class ModelList:
    """A running server and what it was asked."""

    url: str
    paths: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)


@contextmanager
def model_list(*models: str, status: int = 200, body: bytes | None = None) -> Iterator[ModelList]:
    """A server on a free port of the loopback that lists these models.

    Args:
        status: 200, or that of a refusal.
        body: what it says instead of a list.
    """
    said = {"object": "list", "data": [{"id": name, "object": "model"} for name in models]}
    content = json.dumps(said).encode() if body is None else body

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.paths.append(self.path)
            server.authorizations.append(self.headers["authorization"])
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ModelList(f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def dead_port() -> int:
    """A port of the loopback at which nobody listens."""
    with create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
