"""Child processes that end with us, however we end.

A child runs in a session of its own, so that Ctrl-C reaches only us and we decide what it means.
It learns that we are gone, even by SIGKILL, from the end of its standard input, a pipe that only
we hold open. Linux's PR_SET_PDEATHSIG would not do: it fires when the *thread* that started the
child ends.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_BOOT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
module, function = sys.argv[2].split(":")
getattr(importlib.import_module(module), function)(*sys.argv[3:])
"""
_LAST_BYTES = 4096


def start(
    target: str, arguments: Sequence[str], output: IO[bytes], share: int
) -> subprocess.Popen[bytes]:
    """Call `module:function` in a fresh Python that imports from where this one does.

    Unlike multiprocessing's spawn it does not import our `__main__` again.

    Args:
        target: the function, which should call `end_with_parent` first.
        arguments: its arguments, as text.
        output: where everything that the child prints goes.
        share: a file descriptor that the child gets under the same number.
    """
    return subprocess.Popen(
        [sys.executable, "-c", _BOOT, json.dumps(sys.path), target, *arguments],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=[share],
        start_new_session=True,
    )


def end_with_parent(shared: int) -> None:
    """In the child: die, and all our own children with us, when the parent is gone.

    `shared` is the descriptor from the parent; our own children do not inherit it.
    """
    os.set_inheritable(shared, False)
    lifeline = os.dup(0)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)

    def watch() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def end(*children: subprocess.Popen[bytes], grace: float = 0.0) -> None:
    """End children, and theirs. With `grace`, each has so many seconds to end by itself."""
    for child in children if grace else ():
        _signal(child, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace)
    for child in children:
        _signal(child, signal.SIGKILL)
    for child in children:
        child.wait()
        if child.stdin is not None:
            child.stdin.close()


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # All of the group are gone; macOS says PermissionError where only a zombie is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def last_lines(output: IO[bytes]) -> list[str]:
    """The last lines that a child printed, without blank ones."""
    end = os.fstat(output.fileno()).st_size
    start = max(0, end - _LAST_BYTES)
    text = os.pread(output.fileno(), end - start, start).decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]
