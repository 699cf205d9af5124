"""Servers, their processes, and the process that owns them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.flows.commands import lives

_OWN = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from flows.serving import serving
with serving(json.loads(sys.argv[2]), Path(sys.argv[3])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


@contextmanager
def owner(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that does what the command line does, and prints the server's address."""
    arguments = [str(Path(__file__).parents[2]), json.dumps(command), str(log)]
    process = subprocess.Popen(
        [sys.executable, "-c", _OWN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def children() -> list[psutil.Process]:
    """All that this process has started, and what they have."""
    return psutil.Process().children(recursive=True)


def all_ended(processes: Sequence[psutil.Process]) -> bool:
    """Whether none of them lives any more."""
    return not any(lives(process) for process in processes)
