"""An API key reaches its server, and nothing else that a person or a file will ever show."""

import json
import logging
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines.local import LocalEngine
from pipeline.errors import RecipeError, ServiceError
from pipeline.media.shard import read_shard, write_shard
from pipeline.recipe import Recipe, keep, load
from pipeline.run import AnnotateJob, PartResult
from pipeline.secret import Secret, with_secrets
from pipeline.stage import Stage, fingerprint
from pipeline.stages.alm import Alm
from pipeline.stages.summarise import Summarise
from pipeline.stages.vlm import Vlm
from pipeline.store import Dataset
from tests.chat_server import Reply, chat_server, fails, says
from tests.inputs import jpeg, sample, shard_of, wav
from tests.small_datasets import SHARDS, make_dataset

KEY = "sk-Not_a-real+key/0123456789="
SERVED: tuple[type[Stage], ...] = (Vlm, Alm, Summarise)


def keyed(stage: type[Stage]) -> Stage:
    made = stage(api_key_env="MY_KEY")
    return with_secrets(made, {"MY_KEY": KEY}.get)


def test_a_key_shows_itself_nowhere() -> None:
    key = Secret(KEY)
    assert key.reveal() == KEY
    for shown in (repr(key), str(key), f"{key}", f"{key!r}", "%s" % key, str([key])):  # noqa: UP031
        assert KEY not in shown
        assert "***" in shown
    with pytest.raises(TypeError):
        json.dumps(key)


def test_a_key_survives_the_way_to_a_worker() -> None:
    arrived = pickle.loads(pickle.dumps(Secret(KEY)))  # noqa: S301 (made on the line itself)
    assert arrived.reveal() == KEY


def test_a_key_is_taken_out_of_what_others_say() -> None:
    assert Secret(KEY).hide(f"{KEY} is wrong, {KEY}") == "*** is wrong, ***"


@pytest.mark.parametrize("stage", SERVED)
def test_a_stage_with_a_key_is_the_same_stage_and_does_not_show_it(stage: type[Stage]) -> None:
    plain, made = stage(), keyed(stage)
    assert vars(made)["api_key"].reveal() == KEY
    assert made == replace(made, api_key=None)
    assert fingerprint(made, {}) == fingerprint(plain, {})
    assert KEY not in repr(made) + str(made) + json.dumps(made.config())
    assert not {"api_key", "api_key_env"} & made.config().keys()


def test_a_stage_that_names_no_variable_gets_no_key() -> None:
    def lookup(name: str) -> str | None:
        raise AssertionError(name)

    made = Vlm()
    assert with_secrets(made, lookup) is made


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_not_set_is_named_in_one_line(value: str | None) -> None:
    with pytest.raises(RecipeError, match=r"`vlm`.*variable MY_KEY, which is not set") as told:
        with_secrets(Vlm(api_key_env="MY_KEY"), lambda name: value)
    assert "\n" not in str(told.value)


def test_white_space_around_a_key_does_not_count() -> None:
    made = with_secrets(Vlm(api_key_env="MY_KEY"), lambda name: f" {KEY}\r\n")
    assert vars(made)["api_key"].reveal() == KEY


@pytest.mark.parametrize("value", ["top secret", "se\ncret", "se\x1bcret", "secr\u00e9t"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(RecipeError, match="MY_KEY") as told:
        with_secrets(Vlm(api_key_env="MY_KEY"), lambda name: value)
    assert value not in str(told.value)
    assert value not in repr(told.value)


@pytest.mark.parametrize("stage", ["vlm", "alm"])
def test_a_recipe_can_neither_set_a_key_nor_make_it_shown(
    stage: str, write_recipe: Callable[[str], Path]
) -> None:
    for option in ("api_key", "api_key_env"):
        text = f'[dataset]\npath = "d"\n[stage.{stage}]\n{option} = "{KEY}"\n'
        with pytest.raises(RecipeError, match="`api_key_env`") as told:
            load(write_recipe(text))
        assert KEY not in str(told.value)


def test_a_stage_that_lacks_its_key_asks_nobody() -> None:
    with (
        chat_server(lambda body, _: says("a barn")) as server,
        pytest.raises(RuntimeError, match="with_secrets"),
    ):
        list(Vlm(base_url=server.url, api_key_env="MY_KEY").run(shard_of([sample(0)])))
    assert server.asked == []


def real_dataset(root: Path) -> Dataset:
    """Two shards of three clips with pictures and sounds."""
    dataset = make_dataset(root)
    for shard in SHARDS:
        samples = [
            replace(each, frame=jpeg(number), audio=wav(220.0), audio_format="wav")
            for number, each in enumerate(list(read_shard(dataset.tar(shard))))
        ]
        write_shard(dataset.tar(shard), samples)
    return dataset


def annotate(
    dataset: Dataset, recipe: Recipe, name: str, notes: list[str]
) -> tuple[list[PartResult], list[str]]:
    """Run a step on both shards in a worker process; results and errors."""
    step = recipe.step(name)
    stage = with_secrets(recipe.runnable(step.stage), {"MY_KEY": KEY}.get)
    job = AnnotateJob(dataset.root, step, stage)
    assert KEY not in repr(job)
    results, errors = [], []
    with LocalEngine(job, ["cpu"], note=lambda shard, text: notes.append(text)) as engine:
        for shard in SHARDS:
            try:
                results.append(engine.run(shard))
            except ServiceError as error:
                errors.append(f"{error} {error!r}")
    return results, errors


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_run_sends_the_key_and_leaves_it_nowhere(
    status: int,
    write_recipe: Callable[[str], Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(body: dict[str, Any], before: int) -> Reply:
        return says("a barn") if status == 200 else fails(status, f"the key {KEY} is wrong")

    with chat_server(answer) as server:
        options = f'base_url = "{server.url}"\napi_key_env = "MY_KEY"\nretries = 0\n'
        stages = "".join(f"[stage.{name}]\n{options}" for name in ("vlm", "alm", "summarise"))
        recipe = load(write_recipe(f'[dataset]\npath = "data"\n{stages}'))
        dataset = real_dataset(recipe.root)
        keep(recipe)
        notes: list[str] = []
        told: list[Any] = []
        for name in ("vlm", "alm", "summarise"):
            told += annotate(dataset, recipe, name, notes)
    assert len(server.asked) == 6 * (3 + 1 + 1) or status != 200
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {KEY}"}
    assert notes
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "recipe.toml" for path in files)
    assert any(path.suffix == ".json" and "vlm" in str(path) for path in files) is (status != 401)
    for shown in (str(told), str(notes), caplog.text, "".join(capfd.readouterr())):
        assert KEY not in shown
    assert KEY.encode() not in pickle.dumps(told)
    for path in files:
        assert KEY.encode() not in path.read_bytes()
    for step in recipe.steps:
        assert KEY not in str([dataset.read(step.table, each, step.variant) for each in SHARDS])
