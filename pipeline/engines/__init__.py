"""Who runs a step's shards. A job knows no engine, and an engine knows nothing of a job's work."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

from pipeline.errors import FramesongError

Note = Callable[[str], None]
"""Takes one line for people."""


class Job(Protocol):
    """The work of one step. Picklable, and importable from a module: it travels to the workers."""

    @property
    def name(self) -> str:
        """What people call it, such as `blip2`."""

    def __call__(self, shard: str, device: str, note: Note) -> Any:
        """Do one shard on one device and say what came of it (picklable).

        A worker calls the same object for every shard that it gets, so what the job loads and
        keeps is loaded once per worker.
        """


class Engine(Protocol):
    """Runs a job's shards, several at once, until the `with` block is left."""

    @property
    def workers(self) -> int:
        """How many shards run at once."""

    def run(self, shard: str) -> Any:
        """Wait for a free worker, do one shard, return what the job returned. Thread-safe."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop at once: whoever waits in `run` gets `EngineStopped`."""


class EngineStopped(FramesongError):
    """The run ended before a shard was finished. Nothing is wrong with the shard."""


class WorkerBug(Exception):
    """A bug in a worker. Its text is the traceback from there."""
