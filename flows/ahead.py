"""Fetching in a thread of its own, ahead of what is done with the shards."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from queue import Queue

from pipeline.errors import FramesongError
from schemas.table import Seconds

_PATIENCE_S: Seconds = 2.0
"""How long an interrupted run waits for the thread, which may sit in a silent connection."""


class Ahead:
    """The fetched shards, in order. Fetching goes on while the caller works on what it got.

    A user's error or a site's block ends the fetching; what was fetched before is still given.
    """

    def __init__(
        self, shards: Iterable[str], fetch: Callable[[str, threading.Event], bool]
    ) -> None:
        """
        Args:
            shards: to be fetched, in this order.
            fetch: gets one shard, and says whether all of it is there; not if the event was set.
        """
        self._shards = shards
        self._fetch = fetch
        self._fetched: Queue[str | None] = Queue()
        self._stop = threading.Event()
        self.error: BaseException | None = None
        """What ended the fetching before all was fetched."""

    def __iter__(self) -> Iterator[str]:
        """
        Raises:
            Exception: what is nobody's message, so a bug in fetching.
        """
        context = copy_context()  # Prefect's run, so that its tasks know where they belong
        thread = threading.Thread(target=context.run, args=(self._work,), name="fetch", daemon=True)
        thread.start()
        try:
            while (shard := self._fetched.get()) is not None:
                yield shard
        finally:
            self._stop.set()
            thread.join(_PATIENCE_S)
        if self.error is not None and not isinstance(self.error, FramesongError):
            raise self.error

    def _work(self) -> None:
        try:
            for shard in self._shards:
                if self._stop.is_set() or not self._fetch(shard, self._stop):
                    return
                self._fetched.put(shard)
        except BaseException as error:  # noqa: BLE001 (told to the thread that waits)
            self.error = error
        finally:
            self._fetched.put(None)
