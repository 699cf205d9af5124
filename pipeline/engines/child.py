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
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from schemas.table import Seconds

_BOOT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
module, function = sys.argv[2].split(":")
getattr(importlib.import_module(module), function)(*sys.argv[3:])
"""
_LAST_BYTES = 4096
_POLL_S: Seconds = 0.05


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


def end_with_parent(shared: int, grace: Seconds = 0.0) -> None:
    """In the child's main thread: die, and all our own children with us, when the parent is gone.

    Args:
        shared: the descriptor from the parent; our own children do not inherit it.
        grace: with it, the child gets SIGTERM first, and so long to end its children in order. It
            should be the last to leave, see `wait_for_group`: nobody else kills those that stay.
    """
    os.set_inheritable(shared, False)
    lifeline = os.dup(0)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    main = threading.get_ident()

    def watch() -> None:
        os.read(lifeline, 1)
        if grace:
            signal.pthread_kill(main, signal.SIGTERM)
            time.sleep(grace)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def wait_for_group() -> None:
    """In the child: wait until our own children, and theirs, have ended.

    A server's last child may have work to do after it: Python's resource tracker unlinks its shared
    memory.
    """
    while any(map(_is_of_our_group, psutil.process_iter())):
        time.sleep(_POLL_S)


def _is_of_our_group(process: psutil.Process) -> bool:
    try:
        mine = os.getpgid(process.pid) == os.getpgrp() and process.pid != os.getpid()
        return mine and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, psutil.Error):  # it is gone, or another user's
        return False


def end(*children: subprocess.Popen[bytes], grace: Seconds = 0.0) -> None:
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
