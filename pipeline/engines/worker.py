"""The worker's side of the local engine: does shards for as long as its parent lives.

Messages from the parent: the pickled job, then shard names. Messages to the parent: `(kind,
content)` with the kinds `note`, then one of `result`, `error` (a FramesongError), `bug` (a
traceback).
"""

import os
import pickle
import traceback
from multiprocessing.connection import Connection
from typing import Any

from pipeline.engines import Job
from pipeline.engines.child import end_with_parent
from pipeline.errors import FramesongError, ShardError

OUT_OF_MEMORY = 71
"""The exit code of a worker in which Python itself found no more memory."""


def serve(descriptor: str, device: str, threads: str) -> None:
    """Do shards until there are no more. The target of `child.start`.

    Args:
        descriptor: the file descriptor of the connection to the parent.
        device: passed to the job.
        threads: how many threads the numerical libraries may use. They read it when they are
            imported, which only the job does.
    """
    end_with_parent(int(descriptor))
    os.environ["OMP_NUM_THREADS"] = threads
    worker = _Worker(Connection(int(descriptor)), device)
    while (shard := worker.next_shard()) is not None:
        worker.answer(shard)


class _Worker:
    def __init__(self, connection: "Connection[Any, Any]", device: str) -> None:
        self._connection = connection
        self._device = device
        self._pickled: bytes = connection.recv_bytes()
        self._job: Job | None = None

    def next_shard(self) -> str | None:
        try:
            return str(self._connection.recv())
        except EOFError:
            return None

    def answer(self, shard: str) -> None:
        self._connection.send_bytes(self._outcome(shard))

    def _outcome(self, shard: str) -> bytes:
        try:
            if self._job is None:
                self._job = pickle.loads(self._pickled)  # noqa: S301 (our parent pickled it)
            return pickle.dumps(("result", self._job(shard, self._device, self._note)))
        except FramesongError as error:
            return pickle.dumps(("error", _portable(error)))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception:  # noqa: BLE001 (a bug in the job: its traceback goes to the parent)
            return pickle.dumps(("bug", traceback.format_exc()))

    def _note(self, text: str) -> None:
        self._connection.send(("note", text))


def _portable(error: FramesongError) -> FramesongError:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (made on the line itself)
    except Exception:  # noqa: BLE001 (whatever a strange __init__ or attribute does to pickle)
        return ShardError(str(error))
    return error
