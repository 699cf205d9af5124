"""A model server that the command line owns: started for a step, shared by all its shards.

    command = ["vllm", "serve", model, "--host", "127.0.0.1", "--port", "{port}"]
    with serving(command, dataset.root / ".serving" / "summarise.log") as base_url:
        ...                                             # ask it at base_url, from any process

It ends with the block, however the block ends, and with us even if we are killed.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO

import httpx

from pipeline.engines import child
from pipeline.errors import MissingTool, ServiceError
from pipeline.lines import clean_line
from pipeline.recipe import Recipe
from pipeline.stage import Stage
from pipeline.stages.served import Served
from schemas.table import Seconds

VLLM_BIN = Path(sys.prefix).parent / ".venv-vllm" / "bin"
"""Where `make vllm` puts vLLM's programs: beside Framesong's own environment."""
READY_LIMIT_S: Seconds = 1800.0
"""vLLM needs 25 s on 2 cores for a model of 2 MB without compiling; tens of GB of weights from a
network disk, compiled at first use, take many minutes."""
_GRACE_S: Seconds = 3.5
"""vLLM ends in about 1.3 s, and leaves no shared memory behind if it may. Ctrl-C should end within
5 s."""
_ANSWER_LIMIT_S: Seconds = 5.0
_POLL_S: Seconds = 0.1
_LAST_BYTES = 32_768
"""vLLM tells the cause up to 8 KB before the end of its log, then one traceback per process."""
_CAUSE = re.compile(r"(?:\(\w+ pid=\d+\) )?(?:ERROR [^\]]*\] )?([\w.]+(?:Error|Exception): .*)")
_NO_CAUSE = "root cause above"


@contextmanager
def served(recipe: Recipe, name: str, stage: Stage, note: Callable[[str], None]) -> Iterator[Stage]:
    """The stage with its own server running, if its `serve` option asks for one.

    Args:
        name: the step's.
        note: is told the command, because it comes from a recipe, which may be somebody else's.
    """
    if not isinstance(stage, Served) or not stage.serve:
        yield stage
        return
    note(f"{name}: starting {stage.serve}")
    log = recipe.root / ".serving" / f"{name}.log"
    with serving(shlex.split(stage.serve), log, recipe.base) as base_url:
        yield replace(stage, base_url=base_url)


@contextmanager
def serving(
    command: Sequence[str], log: Path, folder: Path = Path(), ready_s: Seconds = READY_LIMIT_S
) -> Iterator[str]:
    """Run a server with OpenAI's API in the block, from when its `/health` answers 200.

    Args:
        command: program and arguments. `{port}` in them stands for a free port; the server should
            listen on 127.0.0.1. Programs are looked for in PATH, then where `make vllm` puts them.
        log: the file for all that the server prints.
        folder: where the command runs, so that it may name files relative to the recipe.
        ready_s: how long it may take until it is ready.

    Yields:
        The API's base URL, `http://127.0.0.1:PORT/v1`.

    Raises:
        MissingTool: there is no such program.
        ServiceError: it ended before it was ready, or was not ready in time.
    """
    folder = folder.resolve()
    _check_program(command[0], folder)
    port = _free_port()
    words = [word.replace("{port}", str(port)) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w+b") as output:
        number = output.fileno()
        arguments = [str(number), str(folder), json.dumps(words)]
        server = child.start("flows.serving:supervise", arguments, output=output, share=number)
        try:
            _wait_until_ready(server, port, ready_s, _About(words, output))
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            _stop(server)


def supervise(descriptor: str, folder: str, command: str) -> None:
    """Run the command and end as it ends. The target of `child.start`.

    SIGTERM, which also comes when our parent is gone, goes on to the server alone: it ends its own
    processes in order. We are the last to leave: what stays is killed with us when the grace ends.
    """
    server: subprocess.Popen[bytes] | None = None
    ending = False

    def end_server(number: int, frame: FrameType | None) -> None:
        nonlocal ending
        ending = True
        if server is not None:
            server.terminate()

    signal.signal(signal.SIGTERM, end_server)
    child.end_with_parent(int(descriptor), grace=_GRACE_S)
    os.environ["PATH"] = _search_path()
    os.environ.setdefault("DO_NOT_TRACK", "1")
    server = subprocess.Popen(json.loads(command), cwd=folder)
    if ending:
        server.terminate()
    code = server.wait()
    if ending:
        child.wait_for_group()
    sys.exit(code if code >= 0 else 128 - code)  # as shells say it: 137 for SIGKILL


def _search_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(VLLM_BIN)])


def _check_program(name: str, folder: Path) -> None:
    there = str(folder / name) if os.sep in name else name
    if shutil.which(there, path=_search_path()) is None:
        raise MissingTool(
            f"The program `{clean_line(name, 80)}`, which should serve a model, is not on this "
            "machine. For vLLM: `make vllm`."
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(_GRACE_S)
    child.end(server)


class _About:
    """What to say about a server that did not start."""

    def __init__(self, words: Sequence[str], output: IO[bytes]) -> None:
        self._words = words
        self._output = output

    def error(self, what: str) -> ServiceError:
        said = _last_words(self._output) or "it printed nothing"
        command = clean_line(shlex.join(self._words), 200)
        return ServiceError(
            f"The model server {what}. Its last words: {said} (the rest is in "
            f"{self._output.name}; the command was `{command}`)"
        )


def _wait_until_ready(
    server: subprocess.Popen[bytes], port: int, limit: Seconds, about: _About
) -> None:
    deadline = time.monotonic() + limit
    with httpx.Client(trust_env=False, timeout=_ANSWER_LIMIT_S) as client:
        while True:
            health = _health(client, port)
            # Who answers may be somebody else, if ours found its port taken and ended.
            if (code := server.poll()) is not None:
                raise about.error(f"ended with exit code {code} before it was ready")
            if health == "200":
                return
            if time.monotonic() > deadline:
                raise about.error(f"was not ready within {limit:g} s: /health gives {health}")
            time.sleep(_POLL_S)


def _health(client: httpx.Client, port: int) -> str:
    try:
        return str(client.get(f"http://127.0.0.1:{port}/health").status_code)
    except httpx.HTTPError:
        return "no answer"


def _last_words(output: IO[bytes]) -> str:
    """The last exception that names a cause, and what follows it; else the last line."""
    size = os.fstat(output.fileno()).st_size
    start = max(0, size - _LAST_BYTES)
    text = os.pread(output.fileno(), size - start, start).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number in range(len(lines) - 1, -1, -1):
        cause = _CAUSE.match(lines[number])
        if cause and _NO_CAUSE not in lines[number]:
            return clean_line(" ".join([cause[1], *lines[number + 1 : number + 3]]), 300)
    return clean_line(lines[-1], 300) if lines else ""
