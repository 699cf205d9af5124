"""The Prefect server that the command line owns, so that the history of every run is complete.

Prefect's own temporary server loses task runs and dies first at Ctrl-C, which leaves the flow
RUNNING for ever. Ours runs in a session of its own, keeps its database with the dataset, and ends
only when everything is recorded. It ends with us even if we are killed.

How a flow uses it:

    with prefect_server(dataset.prefect_home):
        from flows.annotate import annotate   # Prefect reads its settings when first imported

        annotate(...)                         # a @flow

and inside the flow, one task for each (step, shard), about 5 ms each:

    engine = LocalEngine(job, devices)
    with ThreadPoolTaskRunner(max_workers=engine.workers) as runner, engine:
        for shard in shards:
            runner.submit(shard_task, {"step": step, "shard": shard, "work": engine.run})
        ...                                   # wait for the futures

Ctrl-C is a KeyboardInterrupt in this thread. It leaves the engine, which kills its workers and so
frees the threads that wait for them; then the runner drops what is queued and can join its threads
(with the flow's own runner, hundreds of queued tasks would fail first); then Prefect records the
flow run as CRASHED, the server ends, and the command line exits with 130.

To look at the history later: `PREFECT_HOME=DATASET/.prefect prefect server start`.
"""

import contextlib
import logging
import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx

from pipeline.engines import child
from pipeline.errors import ServiceError
from pipeline.lines import clean_line

_START_LIMIT_S = 90.0
"""Starting takes 3 s, and 8 to 11 s the first time, when the database is made (2 busy cores)."""
_RECORD_LIMIT_S = 60.0
_RECORD_LIMIT_INTERRUPTED_S = 1.5
"""Ctrl-C should end within 5 s."""
_QUIET_S = 1.2
"""How long nothing new must be recorded before the history counts as complete: longer than the
server's interval between two writes."""
_GRACE_S = 1.0
_POLL_S = 0.05

_UNLESS_CHOSEN = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # A shard that fails is told in our own line, not in Prefect's traceback.
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
}
_ONLY_RECORD = {
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    # By default each event is written alone: 300 task runs took 8 s longer to record.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}


@contextmanager
def prefect_server(home: Path) -> Iterator[None]:
    """A Prefect server for the flows in the block. One that the user names in PREFECT_API_URL is
    respected: then nothing is started.

    Args:
        home: the folder of the database and of the server's log.

    Raises:
        ServiceError: it does not start, or that of the user does not answer.
    """
    unless_chosen = {k: v for k, v in _UNLESS_CHOSEN.items() if k not in os.environ}
    if os.environ.get("PREFECT_API_URL"):
        with _environment(unless_chosen), _settings_from_environment():
            _refuse_if_silent()
            yield
        return
    home.mkdir(parents=True, exist_ok=True)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    password = secrets.token_hex(16)
    ours = unless_chosen | _ONLY_RECORD | _address(home, url, password)
    with (home / "server.log").open("w+b") as log, _environment(ours):
        with listener:
            server = _launch(listener, log)
        try:
            with _settings_from_environment():  # importing Prefect takes a second: server meanwhile
                _wait_until_ready(url, log)
                client = httpx.Client(base_url=url, auth=("", password), trust_env=False)
                with client, _history(client, server):
                    yield
        finally:
            child.end(server, grace=_GRACE_S)


def _refuse_if_silent() -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
        address = client.api_url.copy_with(userinfo=b"")
    if error is not None:
        raise ServiceError(
            f"Prefect's server at {address} does not answer as it should: "
            f"{clean_line(str(error), 200)}. Start it, or unset PREFECT_API_URL: then a server is "
            "started here for the time of the run."
        ) from error


def _address(home: Path, url: str, password: str) -> dict[str, str]:
    # Clusters often set a proxy for everything; it cannot reach this machine's loopback.
    unproxied = ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1"]))
    return {
        "PREFECT_HOME": str(home.resolve()),
        "PREFECT_API_URL": url,
        "PREFECT_API_AUTH_STRING": f":{password}",
        "PREFECT_SERVER_API_AUTH_STRING": f":{password}",
        "no_proxy": unproxied,
        "NO_PROXY": unproxied,
    }


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _settings_from_environment() -> Iterator[None]:
    """Prefect reads its environment once, when it is imported, which may have been earlier."""
    from prefect.context import SettingsContext, get_settings_context
    from prefect.settings import Settings

    with SettingsContext(profile=get_settings_context().profile, settings=Settings()):
        yield


def _launch(listener: socket.socket, log: IO[bytes]) -> subprocess.Popen[bytes]:
    number = listener.fileno()
    return child.start("flows.runtime:serve", [str(number)], output=log, share=number)


def serve(descriptor: str) -> None:
    """Be the server, on a socket that already listens. The target of `child.start`."""
    child.end_with_parent(int(descriptor))
    import uvicorn

    app = "prefect.server.api.server:create_app"
    config = uvicorn.Config(app, factory=True, log_level="warning")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


def _wait_until_ready(url: str, log: IO[bytes]) -> None:
    # The socket listens already: one request waits until the server takes it, or is gone.
    try:
        httpx.get(f"{url}/health", timeout=_START_LIMIT_S, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise ServiceError(
            f"Prefect's server did not start: {_cause(error, log)}. Its log is {log.name}. Remove"
            " that folder if its database is damaged (only the history of runs is lost), or name a"
            " server of yours in PREFECT_API_URL."
        ) from error


def _cause(error: httpx.HTTPError, log: IO[bytes]) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {_START_LIMIT_S:.0f} s"
    lines = child.last_lines(log)
    exceptions = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)]
    return clean_line((exceptions or lines or [str(error)])[-1], 200)


@contextmanager
def _history(client: httpx.Client, server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Wait until what happened in the block is recorded: task runs reach the server as events,
    some time after the fact."""
    started = datetime.now(UTC).isoformat()
    limit = _RECORD_LIMIT_S
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception):
            limit = _RECORD_LIMIT_INTERRUPTED_S
        raise
    finally:
        client.timeout = httpx.Timeout(limit)
        if server.poll() is None:
            with contextlib.suppress(httpx.HTTPError):  # it ended meanwhile
                _wait_until_recorded(client, started, time.monotonic() + limit)


def _wait_until_recorded(client: httpx.Client, started: str, deadline: float) -> None:
    from prefect.events.worker import EventsWorker

    logging.getLogger(EventsWorker.__name__).setLevel(logging.ERROR)
    EventsWorker.drain_all(timeout=deadline - time.monotonic())
    seen, since = _recorded(client, started), time.monotonic()
    while time.monotonic() < min(deadline, since + _QUIET_S):
        time.sleep(_POLL_S)
        if (now := _recorded(client, started)) != seen:
            seen, since = now, time.monotonic()


def _recorded(client: httpx.Client, started: str) -> list[int]:
    """How many task runs the server knows of: all, waiting, running. Every event changes one."""
    query = {"flow_runs": {"start_time": {"after_": started}}}
    waiting, running = ({"state": {"type": {"any_": [state]}}} for state in ("PENDING", "RUNNING"))
    counts = [
        client.post("/task_runs/count", json={**query, "task_runs": task_runs})
        for task_runs in ({}, waiting, running)
    ]
    return [int(count.raise_for_status().text) for count in counts]
