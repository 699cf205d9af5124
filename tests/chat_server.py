"""A real HTTP server with OpenAI's chat API that answers, or fails, as a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What goes over the wire."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_off_after: int | None = None
    """Send only so many bytes of what Content-Length promises."""
    held_until: threading.Event | None = None
    """Send nothing before this is set; with `held_after`, the body's first bytes."""
    held_after: int = 0


def says(text: str | None, finish: str = "stop") -> Reply:
    """A proper chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    body = {"object": "chat.completion", "choices": [choice | {"finish_reason": finish}]}
    return Reply(json.dumps(body).encode())


def fails(status: int, text: str = "no", **headers: str) -> Reply:
    """An error, with `retry_after="1"` as a header `retry-after: 1`."""
    return Reply(
        json.dumps({"error": {"message": text}}).encode(),
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


@dataclass
class ChatServer:
    """A running server and what it was asked."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the requests, as they came."""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0


@contextmanager
def chat_server(answer: Callable[[dict[str, Any], int], Reply]) -> Iterator[ChatServer]:
    """A server on a free port of the loopback; `answer` gets each request's body, and how many
    requests with the same message came before."""
    lock = threading.Lock()
    seen: dict[str, int] = {}
    running = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal running
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            text = json.dumps(body["messages"][-1]["content"])
            with lock:
                running += 1
                server.most_at_once = max(server.most_at_once, running)
                before = seen.get(text, 0)
                seen[text] = before + 1
                server.asked.append(body)
                server.paths.append(self.path)
                server.headers.append({k.lower(): v for k, v in self.headers.items()})
            reply = answer(body, before)
            if reply.held_until is not None and not reply.held_after:
                reply.held_until.wait(30)
            with lock:
                running -= 1
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            if reply.held_until is not None and reply.held_after:
                self.wfile.write(reply.body[: reply.held_after])
                reply.held_until.wait(30)
            self.wfile.write(reply.body[reply.held_after : reply.cut_off_after])
            self.close_connection = reply.cut_off_after is not None

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is part of the tests."""

    http = Server(("127.0.0.1", 0), Handler)
    server = ChatServer(f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
