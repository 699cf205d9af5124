"""Model servers that the command line owns, as small programs that misbehave."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from flows.serving import serving
from pipeline.errors import MissingTool, ServiceError
from tests.flows.commands import eventually
from tests.flows.owned import all_ended, children, owner

SMALL = "import http.server, sys, time\n"
ANSWER = """
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
HEALTHY = SMALL + ANSWER.format(status=200)
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HEALTHY
ORDERLY = (
    """
import pathlib, signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[2]])
def end(number, frame):
    time.sleep(0.5)
    pathlib.Path(sys.argv[3]).touch()
    sys.exit()
signal.signal(signal.SIGTERM, end)
"""
    + HEALTHY
)
"""Has a child of its own, and needs half a second to end itself."""
LOADING = SMALL + "print('loading the weights', flush=True)" + ANSWER.format(status=503)


def program(text: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", text, "{port}", *map(str, arguments)]


def processes_of(started: subprocess.Popen[str]) -> list[psutil.Process]:
    """Those of the server, once it is ready."""
    assert started.stdout is not None
    assert started.stdout.readline().startswith("http://127.0.0.1:")
    return psutil.Process(started.pid).children(recursive=True)


def test_a_server_is_there_in_the_block_and_gone_after_it(tmp_path: Path) -> None:
    before = children()
    with serving(program(HEALTHY), tmp_path / "logs" / "log") as url:
        processes = [process for process in children() if process not in before]
        assert httpx.get(url.removesuffix("/v1") + "/health").status_code == 200
    assert len(processes) == 2
    assert all_ended(processes)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_server_is_gone_after_an_error_in_the_block(tmp_path: Path) -> None:
    processes: list[psutil.Process] = []

    def use_server() -> None:
        with serving(program(HEALTHY), tmp_path / "log"):
            processes.extend(children())
            raise KeyError

    before = children()
    with pytest.raises(KeyError):
        use_server()
    processes = [process for process in processes if process not in before]
    assert len(processes) == 2
    assert all_ended(processes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_server_is_gone_when_its_owner_is(number: signal.Signals, tmp_path: Path) -> None:
    with owner(program(HEALTHY), tmp_path / "log") as ended:
        processes = processes_of(ended)
        ended.send_signal(number)
        ended.wait()
        assert eventually(lambda: all_ended(processes))
    assert len(processes) == 2


def test_a_server_may_end_in_order_when_its_owner_was_killed(tmp_path: Path) -> None:
    command = program(ORDERLY, "import time; time.sleep(600)", tmp_path / "in order")
    with owner(command, tmp_path / "log") as killed:
        processes = processes_of(killed)
        killed.kill()
        assert eventually(lambda: all_ended(processes))
    assert (tmp_path / "in order").exists()
    assert len(processes) == 3


@pytest.mark.parametrize("text", [DEAF, ORDERLY])
def test_what_ignores_sigterm_is_killed_after_its_owner(text: str, tmp_path: Path) -> None:
    child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    command = program(text, child, tmp_path / "in order")
    with owner(command, tmp_path / "log") as killed:
        processes = processes_of(killed)
        killed.kill()
        assert eventually(lambda: all_ended(processes))


def test_a_server_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    before = children()
    with serving(program(DEAF), tmp_path / "log"):
        processes = [process for process in children() if process not in before]
    assert all_ended(processes)


def test_a_server_that_never_becomes_healthy_is_one_line(tmp_path: Path) -> None:
    before = children()
    with (
        pytest.raises(ServiceError) as caught,
        serving(program(LOADING), tmp_path / "log", ready_s=5),
    ):
        pass
    line = str(caught.value)
    assert "was not ready within 5 s: /health gives 503" in line
    assert "loading the weights" in line
    assert str(tmp_path / "log") in line
    assert "\n" not in line
    assert children() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit('\x1b[31mno such\x1b[0m model')", "exit code 1 before it was ready"),
        ("import os; os.kill(os.getpid(), 9)", "exit code 137 before it was ready"),
    ],
)
def test_a_server_that_ends_at_once_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError) as caught, serving(program(text), tmp_path / "log"):
        pass
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(MissingTool, match=r"`no-such-server`.*make vllm"),
        serving(["no-such-server"], tmp_path / "log"),
    ):
        pass


def test_a_command_runs_in_the_folder_of_the_recipe(tmp_path: Path) -> None:
    script = tmp_path / "server.sh"
    script.write_text('#!/bin/sh\nexec "$1" -c "$(cat healthy.py)" "$2"\n')
    script.chmod(0o755)
    (tmp_path / "healthy.py").write_text(HEALTHY)
    command = ["./server.sh", sys.executable, "{port}"]
    with serving(command, tmp_path / "log", tmp_path) as url:
        assert url.startswith("http://127.0.0.1:")
