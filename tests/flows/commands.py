"""The command line as people run it: real processes."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PROGRAM = Path(sys.executable).with_name("framesong")
_PATIENCE_S = 240.0


@dataclass(frozen=True)
class Done:
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it told people."""
        return self.err.splitlines()


def framesong(*arguments: object, **environment: str) -> Done:
    """Run a command to its end."""
    ended = subprocess.run(
        _command(arguments), env=_environment(environment), capture_output=True, text=True
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)


def on_a_terminal(*arguments: object) -> Done:
    """Run a command that has a terminal of 100 columns as its standard error. `err` is all that it
    wrote there, bars that were drawn over others as lines of their own."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (40, 100))
    environment = _environment({"TERM": "xterm-256color"})
    process = subprocess.Popen(
        _command(arguments), env=environment, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # how a terminal says that nobody has it any more
        while data := os.read(ours, 65_536):
            written += data
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())
    return Done(process.wait(), "", text)


class Running:
    """A command at work, in a process group of its own, as a terminal would have it."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            _command(arguments),
            env=_environment({}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.family: dict[int, psutil.Process] = {}
        """All children that were ever seen, by process id."""

    def children(self, role: str) -> list[psutil.Process]:
        """Its children whose command line names `role`: `worker` or `runtime` (the server)."""
        try:
            seen = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self.family |= {child.pid: child for child in seen}
        return [child for child in seen if f"{role}:serve" in _command_line(child)]

    def until(self, reached: Callable[[], object]) -> None:
        """Wait for something that the command does on its way.

        Raises:
            AssertionError: it ended first, or takes too long.
        """
        ended = eventually(lambda: self.process.poll() is not None or reached(), 0.002)
        if self.process.poll() is not None:
            raise AssertionError(f"it ended first: {self.process.communicate()[1]}")
        if not ended:
            raise AssertionError("it takes too long")

    def signal(self, number: signal.Signals) -> Done:
        """Send a signal to the process group, as a terminal does, and wait for the end."""
        self.children("worker")
        os.killpg(self.process.pid, number)
        return self.end()

    def end(self) -> Done:
        """Wait for the end."""
        out, err = self.process.communicate(timeout=_PATIENCE_S)
        return Done(self.process.returncode, out, err)

    def is_alone(self) -> bool:
        """Whether no child is left, some seconds after its end at most."""
        return eventually(lambda: not any(map(lives, self.family.values())))


@contextmanager
def running(*arguments: object) -> Iterator[Running]:
    """A command that is at work while the block runs, and is gone after it."""
    command = Running(*arguments)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.communicate()


def eventually(claim: Callable[[], object], pause_s: float = 0.05) -> bool:
    """Wait until a claim holds; False if it never does."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(pause_s)
    return False


def lives(process: psutil.Process) -> bool:
    """A zombie does not: whether it is reaped is up to its new parent."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _command(arguments: tuple[object, ...]) -> list[str]:
    return [str(PROGRAM), *map(str, arguments)]


def _environment(more: dict[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return ours | more
