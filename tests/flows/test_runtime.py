"""The server that the command line owns, and flows on it, with real processes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows.runtime import prefect_server
from pipeline.engines import Note
from pipeline.engines.local import LocalEngine
from pipeline.errors import ServiceError, ShardError
from tests.sites import Site

SHARDS = [f"train-{number:06d}" for number in range(300)]
LEFT = "left.json"


def shout(shard: str) -> str:
    if shard == "lost":
        raise ShardError("The shard is lost.")
    return shard.upper()


@dataclass
class FinishOneThenBlock:
    """In each worker, finishes the first shard and blocks for ever in the next."""

    folder: str
    name: str = "blip2"
    finished: int = 0

    def __call__(self, shard: str, device: str, note: Note) -> str:
        if self.finished:
            Path(self.folder, f"{shard}.blocked").touch()
            time.sleep(600)
        Path(self.folder, f"{shard}.finished").touch()
        self.finished += 1
        return shard


def main(home: str, folder: str) -> None:
    """What the command line does, in a process of its own: see `command_line`."""
    if "prefect" in sys.modules:
        raise RuntimeError("Prefect must not be imported before its server's address is known")
    try:
        with prefect_server(Path(home)):
            from prefect import flow
            from prefect.task_runners import ThreadPoolTaskRunner

            from flows.work import shard_task

            @flow(name="annotate")
            def annotate() -> None:
                engine = LocalEngine(FinishOneThenBlock(folder), ["cpu", "cpu"])
                with ThreadPoolTaskRunner(max_workers=engine.workers) as runner, engine:
                    futures = [
                        runner.submit(
                            shard_task, {"step": "stop", "shard": shard, "work": engine.run}
                        )
                        for shard in SHARDS
                    ]
                    for future in futures:
                        future.wait()

            annotate()
    except KeyboardInterrupt:
        sys.exit(130)


def record(home: str) -> None:
    """Run two flows on a server, a good one and one that loses a shard, and note what is left of
    the server afterwards."""
    with prefect_server(Path(home)):
        from prefect import flow
        from prefect.task_runners import ThreadPoolTaskRunner

        from flows.work import shard_task

        @flow(task_runner=ThreadPoolTaskRunner(max_workers=4))
        def annotate(step: str, shards: list[str]) -> list[Any]:
            futures = [shard_task.submit(step, shard, shout) for shard in shards]
            return [future.result(raise_on_failure=False) for future in futures]

        assert annotate("blip2", SHARDS) == [shard.upper() for shard in SHARDS]
        first, lost, last = annotate("scores", ["first", "lost", "last"])
        assert (first, last) == ("FIRST", "LAST")
        assert isinstance(lost, ShardError)
    remains = {
        "processes": [" ".join(child.cmdline()) for child in psutil.Process().children()],
        "variables": [name for name in os.environ if name.startswith("PREFECT_API")],
    }
    Path(home, LEFT).write_text(json.dumps(remains))


@dataclass(frozen=True)
class Running:
    """A command line at work: two shards are done, two workers are blocked."""

    parent: subprocess.Popen[str]
    children: list[psutil.Process]

    def ended(self) -> bool:
        return eventually(lambda: not any(lives(process) for process in self.children))


def own_process(function: Callable[..., None], *paths: Path) -> list[str]:
    """The command that calls a function of this module in a fresh Python.

    Flows must not run in the tests' own process: Prefect's services stay behind, and with them
    every process that is forked from it later ends with an error.
    """
    here = Path(__file__).parent
    script = f"import sys; sys.path[:0] = {[str(here), str(here.parents[1])]!r}\n"
    script += f"import test_runtime; test_runtime.{function.__name__}(*sys.argv[1:])"
    return [sys.executable, "-c", script, *map(str, paths)]


@contextmanager
def command_line(home: Path, folder: Path) -> Iterator[Running]:
    parent = subprocess.Popen(
        own_process(main, home, folder), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert eventually(lambda: len(list(folder.glob("*.blocked"))) == 2 or parent.poll())
        assert parent.poll() is None, parent.communicate()
        yield Running(parent, psutil.Process(parent.pid).children(recursive=True))
    finally:
        parent.kill()
        parent.communicate()


def eventually(claim: Any) -> bool:
    for _ in range(1800):
        if claim():
            return True
        time.sleep(0.05)
    return False


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def query(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(home / "prefect.db") as database:
        return database.execute(sql).fetchall()


def left(home: Path) -> dict[str, list[str]]:
    """What was left of the server after `record`: its processes and its environment variables."""
    found: dict[str, list[str]] = json.loads((home / LEFT).read_text())
    return found


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a server on which two flows have run: see `record`."""
    home = tmp_path_factory.mktemp("dataset") / ".prefect"
    subprocess.run(own_process(record, home), check=True)
    return home


def test_every_task_run_is_in_the_history(history: Path) -> None:
    runs = query(history, "select name, state_name from task_run where name like 'blip2/%'")
    assert Counter(state for _, state in runs) == {"Completed": 300}
    assert sorted(name for name, _ in runs) == [f"blip2/{shard}" for shard in SHARDS]


def test_every_change_of_a_task_run_is_in_the_history(history: Path) -> None:
    runs = query(
        history,
        "select type, count(*) from task_run_state where task_run_id in"
        " (select id from task_run where name like 'blip2/%') group by type",
    )
    assert dict(runs) == {"PENDING": 300, "RUNNING": 300, "COMPLETED": 300}


def test_a_lost_shard_is_failed_in_the_history_and_the_flow_goes_on(history: Path) -> None:
    runs = query(history, "select name, state_name from task_run where name like 'scores/%'")
    assert dict(runs) == {
        "scores/first": "Completed",
        "scores/lost": "Failed",
        "scores/last": "Completed",
    }


def test_the_server_is_gone_after_the_run(history: Path) -> None:
    assert left(history)["processes"] == []


def test_the_servers_password_and_address_do_not_outlive_it(history: Path) -> None:
    assert left(history)["variables"] == []


def test_ctrl_c_ends_at_once_and_keeps_what_is_finished(history: Path, tmp_path: Path) -> None:
    with command_line(history, tmp_path) as running:
        before = query(history, "select count(*) from flow_run")[0][0]
        os.killpg(running.parent.pid, signal.SIGINT)
        _, said = running.parent.communicate(timeout=60)
        assert running.parent.returncode == 130
        assert said == ""
        assert running.ended()
    assert len(running.children) == 3, "two workers and the server"
    assert len(list(tmp_path.glob("*.finished"))) == 2
    states = query(history, "select state_type from flow_run order by created desc")
    assert len(states) == before
    assert states[0] == ("CRASHED",)
    runs = query(history, "select state_name from task_run where name like 'stop/%'")
    assert Counter(runs)[("Completed",)] == 2
    assert len(runs) < 20, "what was queued is dropped, not failed"


def test_nothing_outlives_a_killed_command_line(history: Path, tmp_path: Path) -> None:
    with command_line(history, tmp_path) as running:
        running.parent.kill()
        assert running.ended()


def test_a_server_that_cannot_start_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "prefect.db").write_bytes(b"not a database" * 100)
    with pytest.raises(ServiceError) as caught, prefect_server(tmp_path):
        pass
    line = str(caught.value)
    assert "did not start" in line
    assert str(tmp_path / "server.log") in line
    assert "file is not a database" in line
    assert "\n" not in line


def test_a_server_of_the_users_is_respected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site({"/api/health": "true"}) as site:
        monkeypatch.setenv("PREFECT_API_URL", site.url("/api"))
        with prefect_server(tmp_path / ".prefect"):
            from prefect.settings import PREFECT_API_URL

            assert PREFECT_API_URL.value() == site.url("/api")
            assert os.environ["DO_NOT_TRACK"] == "1"
        assert site.asked("/api/health")
    assert not (tmp_path / ".prefect").exists()


def test_a_server_of_the_users_that_does_not_answer_is_one_line_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with (
        pytest.raises(ServiceError, match="unset PREFECT_API_URL") as caught,
        prefect_server(tmp_path / ".prefect"),
    ):
        pass
    assert "http://127.0.0.1:9/api" in str(caught.value)
    assert "\n" not in str(caught.value)
