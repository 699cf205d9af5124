"""Ask a source as a build does, and hear what it notes."""

import threading

from pipeline.acquire.settings import Fetching
from pipeline.sources.base import Asking


class Pauses(threading.Event):
    """A `stop` that takes no time: how long it was waited for is in `seconds`."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def wait(self, timeout=None):
        self.seconds.append(timeout)
        return self.is_set()


def asking(base, notes=None, governor=None, stop=None, **fetching):
    """An `Asking` that does not wait long; what is left out is added to `notes`."""
    settings = Fetching(**{"retries": 2, "retry_pause_s": 0.01, "socket_timeout": 2.0, **fetching})
    note = (lambda line: None) if notes is None else notes.append
    return Asking(base, note, settings, base / "cache", governor, stop or threading.Event())


def ask(source, base, **fetching):
    """The videos of a source, and its notes."""
    notes = []
    return list(source.list(asking(base, notes, **fetching))), notes
