"""How Prefect sees the work: one task for each step of each shard. Truth is on disk, so nothing is
cached and nothing is retried behind the user's back."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, wait
from prefect.task_runners import ThreadPoolTaskRunner

from flows.outcome import StepOutcome
from flows.progress import Progress
from pipeline.engines import Engine, EngineStopped, WorkerBug
from pipeline.errors import FramesongError, ServiceError, ShardError

T = TypeVar("T")


@task(task_run_name="{step}/{shard}", cache_policy=NO_CACHE, log_prints=False)
def shard_task(step: str, shard: str, work: Callable[[str], T]) -> T:
    """Do one step's work on one shard."""
    return work(shard)


def run_shards(
    outcome: StepOutcome,
    shards: Iterable[str],
    engine: Engine,
    progress: Progress,
    count: Callable[[Any], None],
    retries: int,
) -> None:
    """Run shards as tasks of the current flow, and account for each.

    The task runner is opened here, around the engine: when the run is interrupted, the engine must
    end first, which frees the threads that wait for it, and no queued shard may start.

    Args:
        outcome: is told which shards were made and which were lost.
        shards: taken one by one; each starts as soon as it is given and a worker is free.
        engine: not entered yet.
        count: is given what the engine returned for each shard that was made.
        retries: how often a shard is tried again whose worker died or whose server failed.

    Raises:
        Exception: the first that is neither for people nor a worker's, so a bug.
    """

    def note(shard: str, text: str) -> None:
        for line in text.splitlines():
            progress.note(f"{outcome.step}/{shard}: {line}")

    def work(shard: str) -> Any:
        try:
            result = attempt(engine, shard, retries, note)
        except EngineStopped:
            raise
        except (FramesongError, WorkerBug) as error:
            outcome.errors[shard] = str(error)
            note(shard, str(error))
            raise
        finally:
            progress.advance()
        outcome.made.append(shard)
        count(result)
        return result

    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=engine.workers)
    with runner, engine:
        futures: list[PrefectFuture[Any]] = [
            runner.submit(shard_task, {"step": outcome.step, "shard": shard, "work": work})
            for shard in shards
        ]
        wait(futures)
    for future in futures:
        result = future.result(raise_on_failure=False)
        if isinstance(result, BaseException) and not isinstance(result, FramesongError | WorkerBug):
            raise result


def attempt(engine: Engine, shard: str, retries: int, note: Callable[[str, str], None]) -> Any:
    while True:
        try:
            return engine.run(shard)
        except (ShardError, ServiceError) as error:
            if retries == 0:
                raise
            retries -= 1
            note(shard, f"{error} Trying it once more now.")
