"""The local engine: one long-lived process per device, with its model loaded once."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pipeline.engines import EngineStopped, Job, Note, WorkerBug, child
from pipeline.engines.worker import OUT_OF_MEMORY
from pipeline.errors import RecipeError, WorkerDied
from pipeline.lines import clean_line

_ALIVE_CHECK_S = 1.0
_GPU_DRIVERS = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""What NVIDIA's driver, WSL and AMD's driver leave on a machine with a usable GPU."""
_LESS_MEMORY = "use fewer workers or a smaller batch"


class LocalEngine:
    """Worker processes on this machine, one per device, started when first needed.

    A worker that dies fails its shard, and the next shard gets a new worker. All die with the
    engine, and with this process however it ends.
    """

    def __init__(
        self,
        job: Job,
        devices: Sequence[str],
        threads: int | None = None,
        note: Callable[[str, str], None] | None = None,
    ) -> None:
        """
        Args:
            job: the work. Pickled here, once.
            devices: one worker each, such as `["cuda:0", "cuda:1"]` or `["cpu", "cpu"]`.
            threads: per worker, for the numerical libraries; by default an equal share of the
                cores.
            note: is given the shard and the text of each note of the job, in the thread that
                called `run`.

        Raises:
            RecipeError: no device.
        """
        if not devices:
            raise RecipeError(f"`{job.name}` has no device to run on: name one, such as `cpu`.")
        self.workers = len(devices)
        """How many shards run at once."""
        self._name = job.name
        self._pickled_job = pickle.dumps(job)
        self._threads = threads or max(1, cores() // len(devices))
        self._note = note or (lambda shard, text: None)
        self._free_devices = list(reversed(devices))
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._stopped = False
        self._changed = threading.Condition()

    def run(self, shard: str) -> Any:
        """Wait for a free worker, do one shard, return what the job returned. Thread-safe.

        Raises:
            FramesongError: as the job raised it.
            WorkerDied: the worker's process is gone.
            WorkerBug: the job raised anything else.
            EngineStopped: the engine was stopped first.
        """
        worker = self._take(shard)
        try:
            return worker.do(shard, lambda text: self._note(shard, text))
        except EOFError:
            self._refuse_if_stopped(shard)
            raise WorkerDied(self._obituary(worker, shard)) from None
        finally:
            self._give_back(worker)

    def stop(self) -> None:
        """Kill the workers at once. Whoever waits in `run` gets `EngineStopped`."""
        with self._changed:
            self._stopped = True
            child.end(*(worker.process for worker in (*self._idle, *self._busy)))
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _take(self, shard: str) -> "_Worker":
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._free_devices or self._stopped)
            self._refuse_if_stopped(shard)
            worker = self._idle.pop() if self._idle else self._start()
            if not worker.ready():
                self._bury(worker)
                worker = self._start()
            self._busy.add(worker)
            return worker

    def _start(self) -> "_Worker":
        return _Worker(self._pickled_job, self._free_devices.pop(), self._threads)

    def _give_back(self, worker: "_Worker") -> None:
        with self._changed:
            self._busy.remove(worker)
            if worker.ready():
                self._idle.append(worker)
            else:
                self._bury(worker)
            self._changed.notify()

    def _bury(self, worker: "_Worker") -> None:
        worker.close()
        self._free_devices.append(worker.device)

    def _refuse_if_stopped(self, shard: str) -> None:
        if self._stopped:
            raise EngineStopped(f"The run was stopped before {shard} was finished.")

    def _obituary(self, worker: "_Worker", shard: str) -> str:
        cause = _cause(worker.process.wait())
        words = child.last_lines(worker.output)[-1:]
        said = f" It last said: {clean_line(words[0], 200)}" if words else ""
        return f"The worker for {self._name} on {shard} {cause}. Run again to retry.{said}"


class _Worker:
    """A process on one device, and the connection to it."""

    def __init__(self, pickled_job: bytes, device: str, threads: int) -> None:
        self.device = device
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        self._connection, theirs = Pipe()
        with theirs:
            number = str(theirs.fileno())
            self.process: subprocess.Popen[bytes] = child.start(
                "pipeline.engines.worker:serve",
                [number, device, str(threads)],
                output=self.output,
                share=theirs.fileno(),
            )
        self._unsent: bytes | None = pickled_job
        self._answered = True

    def ready(self) -> bool:
        """Whether it lives and waits for a shard."""
        return self._answered and self.process.poll() is None

    def do(self, shard: str, note: Note) -> Any:
        """Raises EOFError when the process is gone."""
        self._answered = False
        try:
            if self._unsent is not None:
                self._connection.send_bytes(self._unsent)
                self._unsent = None
            self._connection.send(shard)
            kind, content = self._answer(note)
        except (BrokenPipeError, ConnectionResetError):
            raise EOFError from None
        self._answered = True
        if kind == "error":
            raise content
        if kind == "bug":
            raise WorkerBug(content)
        return content

    def _answer(self, note: Note) -> tuple[str, Any]:
        while True:
            kind, content = self._receive()
            if kind != "note":
                return kind, content
            note(content)

    def _receive(self) -> tuple[str, Any]:
        # A child that the worker forked may hold the connection open after the worker's death.
        while not self._connection.poll(_ALIVE_CHECK_S):
            if self.process.poll() is not None and not self._connection.poll():
                raise EOFError
        kind, content = self._connection.recv()
        return kind, content

    def close(self) -> None:
        """End the process and free what belongs to it."""
        child.end(self.process)
        self._connection.close()
        self.output.close()


def _cause(code: int) -> str:
    if code == OUT_OF_MEMORY:
        return f"ran out of memory: {_LESS_MEMORY}"
    if code >= 0:
        return f"ended by itself with exit code {code}"
    name = next((known.name for known in signal.Signals if known == -code), "real-time")
    killed = f"was killed by signal {-code} ({name})"
    if name == "SIGKILL":
        return f"{killed}, often for want of memory: {_LESS_MEMORY}"
    return killed


def cores() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def devices(requested: Sequence[str] | Literal["auto"], cpu_workers: int = 1) -> list[str]:
    """The devices to give an engine.

    `auto` means every CUDA device that torch sees, or else `cpu_workers` times `cpu`. Torch is
    asked in a process of its own, and only where a GPU driver is installed: importing it here
    would cost seconds and hold memory on the first GPU.
    """
    if requested != "auto":
        return list(requested)
    gpus = _cuda_devices() if any(Path(driver).exists() for driver in _GPU_DRIVERS) else 0
    return [f"cuda:{number}" for number in range(gpus)] or ["cpu"] * cpu_workers


def _cuda_devices() -> int:
    script = "import torch; print(torch.cuda.device_count())"
    asked = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    return int(asked.stdout.split()[-1]) if asked.returncode == 0 else 0
