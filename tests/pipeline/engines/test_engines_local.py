"""The local engine, with real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.engines import EngineStopped, Note, WorkerBug
from pipeline.engines.local import LocalEngine, devices
from pipeline.errors import FramesongError, MediaError, RecipeError, ShardError, WorkerDied


@dataclass(frozen=True)
class Echo:
    """Says who did the shard, and how many shards that object has done."""

    name: str = "echo"

    def __call__(self, shard: str, device: str, note: Note) -> dict[str, Any]:
        done = getattr(self, "done", 0) + 1
        object.__setattr__(self, "done", done)
        return {
            "shard": shard,
            "device": device,
            "pid": os.getpid(),
            "done": done,
            "threads": os.environ["OMP_NUM_THREADS"],
        }


class StrangeError(FramesongError):
    """Cannot be pickled: its constructor wants more than its arguments say."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


@dataclass(frozen=True)
class Troubled:
    """What happens is the shard's name."""

    name: str = "blip2"

    def __call__(self, shard: str, device: str, note: Note) -> str:
        getattr(self, shard, lambda note: None)(note)
        return shard

    def notes(self, note: Note) -> None:
        note("batch of 16 did not fit: 8")
        note("batch of 8 did not fit: 4")

    def prints(self, note: Note) -> None:
        print("noise of a library")
        os.write(1, b"noise of a C library\n")
        os.write(2, b"more of it\n")

    def broken_media(self, note: Note) -> None:
        raise MediaError("truncated", "the file ends in the middle")

    def strange_error(self, note: Note) -> None:
        raise StrangeError("one", "two")

    def bug(self, note: Note) -> None:
        {}["the missing key"]

    def killed(self, note: Note) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def crash(self, note: Note) -> None:
        os.write(2, b"terminate called: \x1b[31mCUDA error\x1b[0m\n")
        os.kill(os.getpid(), signal.SIGSEGV)

    def no_memory(self, note: Note) -> None:
        bytearray(1 << 62)

    def leaves(self, note: Note) -> None:
        raise SystemExit(3)


@dataclass(frozen=True)
class Blocks:
    """Leaves its pid, and that of a child of its own, in a folder, then never ends."""

    folder: str
    name: str = "blocks"

    def __call__(self, shard: str, device: str, note: Note) -> None:
        sleeper = subprocess.Popen(["sleep", "600"])
        Path(self.folder, f"{shard}.part").write_text(f"{os.getpid()} {sleeper.pid}")
        Path(self.folder, f"{shard}.part").rename(Path(self.folder, shard))
        time.sleep(600)


def wait_for(path: Path) -> list[psutil.Process]:
    """The processes whose ids a blocked job has written there."""
    for _ in range(1200):
        if path.exists():
            return [psutil.Process(int(pid)) for pid in path.read_text().split()]
        time.sleep(0.05)
    raise AssertionError(f"no {path.name}")


def all_ended(processes: list[psutil.Process]) -> bool:
    """Waits for that. A zombie has ended: whether it is reaped is up to its new parent."""
    for _ in range(600):
        if not any(lives(process) for process in processes):
            return True
        time.sleep(0.05)
    return False


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children() -> set[psutil.Process]:
    return set(psutil.Process().children())


@pytest.fixture(scope="module")
def troubled() -> Iterator[LocalEngine]:
    with LocalEngine(Troubled(), ["cpu"]) as engine:
        yield engine


def test_a_worker_lives_as_long_as_the_engine_and_keeps_what_it_loaded() -> None:
    with LocalEngine(Echo(), ["cpu"], threads=3) as engine:
        answers = [engine.run(f"train-{number:06d}") for number in range(3)]
    assert [answer["done"] for answer in answers] == [1, 2, 3]
    assert len({answer["pid"] for answer in answers}) == 1
    assert [answer["shard"] for answer in answers] == [
        "train-000000",
        "train-000001",
        "train-000002",
    ]
    assert answers[0]["threads"] == "3"
    assert not psutil.pid_exists(answers[0]["pid"])


def test_threads_share_the_workers_and_each_gets_its_own_answer() -> None:
    shards = [f"train-{number:06d}" for number in range(40)]
    with LocalEngine(Echo(), ["cpu", "other"]) as engine, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(engine.run, shards))
    assert [answer["shard"] for answer in answers] == shards
    assert {answer["device"] for answer in answers} == {"cpu", "other"}
    assert len({answer["pid"] for answer in answers}) == 2


def test_no_more_workers_start_than_are_needed() -> None:
    before = children()
    with LocalEngine(Echo(), ["cpu"] * 5) as engine:
        assert children() == before
        pids = {engine.run("train-000000")["pid"], engine.run("train-000001")["pid"]}
        assert {child.pid for child in children() - before} == pids
    assert len(pids) == 1


def test_an_engine_without_devices_is_refused() -> None:
    with pytest.raises(RecipeError, match="no device"):
        LocalEngine(Echo(), [])


def test_a_users_error_comes_back_as_itself(troubled: LocalEngine) -> None:
    with pytest.raises(MediaError) as caught:
        troubled.run("broken_media")
    assert (caught.value.reason, caught.value.detail) == (
        "truncated",
        "the file ends in the middle",
    )


def test_a_users_error_that_cannot_travel_keeps_its_line(troubled: LocalEngine) -> None:
    with pytest.raises(ShardError, match="one and two"):
        troubled.run("strange_error")


def test_a_bug_keeps_the_traceback_of_the_worker(troubled: LocalEngine) -> None:
    with pytest.raises(WorkerBug) as caught:
        troubled.run("bug")
    assert "in bug\n" in str(caught.value)
    assert "KeyError: 'the missing key'" in str(caught.value)


def test_the_worker_outlives_errors_and_bugs(troubled: LocalEngine) -> None:
    assert troubled.run("fine") == "fine"
    before = children()
    for shard in ("broken_media", "bug"):
        with pytest.raises((FramesongError, WorkerBug)):
            troubled.run(shard)
    assert troubled.run("fine") == "fine"
    assert children() == before


def test_a_killed_worker_fails_its_shard_with_a_clear_line_and_is_replaced(
    troubled: LocalEngine,
) -> None:
    with pytest.raises(WorkerDied) as caught:
        troubled.run("killed")
    assert str(caught.value) == (
        "The worker for blip2 on killed was killed by signal 9 (SIGKILL), often for want of"
        " memory: use fewer workers or a smaller batch. Run again to retry."
    )
    assert troubled.run("fine") == "fine"


def test_a_crash_in_native_code_is_named_with_the_workers_last_words(
    troubled: LocalEngine,
) -> None:
    with pytest.raises(WorkerDied) as caught:
        troubled.run("crash")
    line = str(caught.value)
    assert "signal 11 (SIGSEGV)" in line
    assert line.endswith("It last said: terminate called: CUDA error")


def test_a_worker_without_memory_says_so(troubled: LocalEngine) -> None:
    with pytest.raises(WorkerDied, match=r"on no_memory ran out of memory: use fewer workers"):
        troubled.run("no_memory")


def test_a_worker_that_leaves_is_reported_with_its_exit_code(troubled: LocalEngine) -> None:
    with pytest.raises(WorkerDied, match="ended by itself with exit code 3"):
        troubled.run("leaves")


def test_a_worker_that_dies_between_shards_costs_no_shard() -> None:
    with LocalEngine(Echo(), ["cpu"]) as engine:
        pid = engine.run("train-000000")["pid"]
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert engine.run("train-000001")["pid"] != pid


def test_notes_reach_the_parent_with_their_shard() -> None:
    heard: list[tuple[str, str]] = []
    with LocalEngine(Troubled(), ["cpu"], note=lambda *line: heard.append(line)) as engine:
        engine.run("notes")
    assert heard == [
        ("notes", "batch of 16 did not fit: 8"),
        ("notes", "batch of 8 did not fit: 4"),
    ]


def test_what_workers_print_does_not_reach_the_terminal(
    troubled: LocalEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert troubled.run("prints") == "prints"
    assert capfd.readouterr() == ("", "")


def test_stop_frees_who_waits_and_leaves_no_process(tmp_path: Path) -> None:
    engine = LocalEngine(Blocks(str(tmp_path)), ["cpu"])
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(engine.run, "running")
        processes = wait_for(tmp_path / "running")
        queued = pool.submit(engine.run, "queued")
        engine.stop()
        for future in (running, queued):
            with pytest.raises(EngineStopped, match="was stopped before"):
                future.result(timeout=30)
    assert all_ended(processes)
    with pytest.raises(EngineStopped):
        engine.run("later")


def test_a_call_that_is_interrupted_does_not_mix_up_later_answers(tmp_path: Path) -> None:
    def interrupt(shard: str, text: str) -> None:
        raise KeyboardInterrupt

    with LocalEngine(Troubled(), ["cpu"], note=interrupt) as engine:
        with pytest.raises(KeyboardInterrupt):
            engine.run("notes")
        assert engine.run("fine") == "fine"


PARENT = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from pipeline.engines.local import LocalEngine
from test_engines_local import Blocks
LocalEngine(Blocks({folder!r}), ["cpu"]).run("running")
"""


def test_workers_and_their_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    tests = Path(__file__).parent
    script = PARENT.format(tests=str(tests), root=str(tests.parents[2]), folder=str(tmp_path))
    parent = subprocess.Popen([sys.executable, "-c", script])
    processes = wait_for(tmp_path / "running")
    parent.kill()
    parent.wait()
    assert all_ended(processes)


def test_ctrl_c_does_not_reach_a_worker(tmp_path: Path) -> None:
    with LocalEngine(Echo(), ["cpu"]) as engine:
        pid = engine.run("train-000000")["pid"]
        assert os.getsid(pid) != os.getsid(0)


def test_named_devices_are_taken_as_they_are() -> None:
    assert devices(["cuda:1", "cpu"]) == ["cuda:1", "cpu"]


def test_auto_without_a_gpu_is_the_asked_number_of_cpu_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.engines.local._GPU_DRIVERS", ())
    assert devices("auto", cpu_workers=3) == ["cpu", "cpu", "cpu"]


def test_auto_asks_torch_where_a_driver_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("pipeline.engines.local._GPU_DRIVERS", (str(tmp_path),))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    before = set(sys.modules)
    assert devices("auto") == ["cpu"]
    assert "torch" not in set(sys.modules) - before


def test_many_threads_can_stop_while_workers_start() -> None:
    before = children()
    engine = LocalEngine(Echo(), ["cpu"] * 4)
    stopper = threading.Timer(0.05, engine.stop)
    stopper.start()
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(engine.run, str(number)) for number in range(50)]
        for future in futures:
            error = future.exception(timeout=60)
            assert error is None or isinstance(error, EngineStopped)
    stopper.join()
    assert children() <= before
