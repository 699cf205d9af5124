"""`framesong doctor`: real commands, real servers, real and missing checkpoints."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from flows.cli import app
from flows.doctor_step import Machine, examine_step
from flows.finding import Finding
from pipeline.recipe import load
from tests.flows.commands import Done, framesong
from tests.flows.findings import commands, said
from tests.hub_cache import put
from tests.model_lists import dead_port, model_list
from tests.random_checkpoints import make_blip2_t5

KEY = "sk-not-for-anyones-eyes"
BLIP2 = '[stage.blip2]\nmodel = "Salesforce/blip2-flan-t5-xl"\n'
VLM = """
[stage.vlm]
model = "org/seer"
base_url = "{url}"
"""
WITH_KEY = VLM + 'api_key_env = "SEER_KEY"\n'
SUMMARISE = """
[stage.summarise]
model = "org/writer"
examples = "{examples}"
base_url = "{url}"
"""
WriteRecipe = Callable[[str], Path]


@pytest.fixture
def doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_recipe: WriteRecipe
) -> Callable[..., Done]:
    """Run the command on a recipe of these steps, with a Hugging Face cache of the test's own."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))

    def run(steps: str, **environment: str) -> Done:
        recipe = write_recipe(f'[dataset]\npath = "songs"\n{steps}')
        ended = CliRunner().invoke(app, ["doctor", str(recipe)], env=environment)
        return Done(ended.exit_code, ended.stdout, ended.stderr)

    return run


def test_a_machine_without_a_recipe_is_well() -> None:
    done = framesong("doctor")
    assert done.code == 0
    assert said(done, "ok", "python")
    assert "MISSING" not in done.out


def test_a_missing_checkpoint_gives_size_command_and_licence(
    tmp_path: Path, write_recipe: WriteRecipe
) -> None:
    recipe = write_recipe(f'[dataset]\npath = "songs"\n{BLIP2}')
    done = framesong("doctor", recipe, HF_HUB_CACHE=str(tmp_path / "hub"))
    assert done.code == 1
    (text,) = said(done, "MISSING", "checkpoint")
    assert text.startswith("Salesforce/blip2-flan-t5-xl: no folder here")
    assert text.endswith("15.8 GB to download")
    assert commands(done) == ["hf download Salesforce/blip2-flan-t5-xl --revision main"]
    assert "MIT on the hub" in said(done, "note", "licence")[0]
    assert len(said(done, "ok", "memory") + said(done, "MISSING", "memory")) == 1


def test_every_missing_file_of_a_step_is_named_at_once(doctor: Callable[..., Done]) -> None:
    done = doctor("[stage.lp_music_caps]\n")
    assert commands(done) == [
        "hf download seungheondoh/lp-music-caps transfer.pth --revision main",
        "hf download facebook/bart-base config.json vocab.json merges.txt --revision main",
    ]
    assert "CC BY-NC 4.0" in said(done, "note", "licence")[0]


def test_a_checkpoint_that_is_there_has_a_size_and_fits(
    doctor: Callable[..., Done], tmp_path: Path
) -> None:
    make_blip2_t5(tmp_path / "tiny")
    done = doctor('[stage.blip2]\nmodel = "tiny"\n')
    assert done.code == 0
    assert said(done, "ok", "checkpoint")[0].endswith(" MB on disk")
    assert "free" in said(done, "ok", "memory")[0]


def test_a_damaged_or_empty_checkpoint_is_missing(
    doctor: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"\xff" * 99)
    for name, why in (("empty", "holds no weights"), ("broken", "is damaged")):
        done = doctor(f'[stage.blip2]\nmodel = "{name}"\n')
        assert done.code == 1
        assert why in said(done, "MISSING", "checkpoint")[0]


def test_a_repository_without_its_weights_is_to_be_downloaded(
    doctor: Callable[..., Done], tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}", encoding="utf-8")
    put(tmp_path / "hub", "org/half", config)
    done = doctor('[stage.blip2]\nmodel = "org/half"\n')
    assert done.code == 1
    assert commands(done) == ["hf download org/half --revision main"]


def test_a_server_that_has_the_model_is_well(doctor: Callable[..., Done]) -> None:
    with model_list("other", "org/seer") as server:
        done = doctor(VLM.format(url=server.url))
    assert done.code == 0
    assert said(done, "ok", "endpoint") == [f"{server.url} serves org/seer, and also other"]


def test_a_server_without_the_model_says_what_it_has(doctor: Callable[..., Done]) -> None:
    hostile = "a\x1b[31mred\u202e\nname"
    with model_list(hostile, "b", "c", "d", "e") as server:
        done = doctor(VLM.format(url=server.url))
    assert done.code == 1
    assert said(done, "MISSING", "endpoint") == [
        f"{server.url} does not serve org/seer; it serves ared name, b, c and 2 more: set `model` "
        "to one of them"
    ]
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


def test_a_dead_port_gives_the_command_that_starts_a_server(doctor: Callable[..., Done]) -> None:
    port = dead_port()
    done = doctor(WITH_KEY.format(url=f"http://127.0.0.1:{port}/v1"), SEER_KEY=KEY)
    assert done.code == 1
    assert said(done, "MISSING", "endpoint")[0].endswith("nobody answers")
    last = commands(done)[-1]
    assert last.startswith('VLLM_API_KEY="$SEER_KEY" ')
    assert last.endswith(f"vllm serve org/seer --host 127.0.0.1 --port {port}")
    assert KEY not in done.out + done.err


def test_a_refused_key_is_said_and_neither_key_nor_reply_is_shown(
    doctor: Callable[..., Done],
) -> None:
    with model_list(status=401, body=f"bad key {KEY}".encode()) as server:
        done = doctor(WITH_KEY.format(url=server.url), SEER_KEY=KEY)
    assert done.code == 1
    assert server.authorizations == [f"Bearer {KEY}"]
    assert said(done, "ok", "key") == ["SEER_KEY is set"]
    assert said(done, "MISSING", "endpoint")[0].endswith("it does not take the API key")
    assert KEY not in done.out + done.err


def test_a_key_that_the_server_echoes_is_not_shown(doctor: Callable[..., Done]) -> None:
    with model_list("org/seer", f"for-{KEY}") as server:
        done = doctor(WITH_KEY.format(url=server.url), SEER_KEY=KEY)
    assert done.code == 0
    assert said(done, "ok", "endpoint")[0].endswith("and also for-***")
    assert KEY not in done.out + done.err


def test_a_key_that_is_not_set_gives_the_command_that_sets_it(doctor: Callable[..., Done]) -> None:
    with model_list("org/seer") as server:
        done = doctor(WITH_KEY.format(url=server.url))
    assert done.code == 1
    assert "SEER_KEY, which is not set" in said(done, "MISSING", "key")[0]
    assert commands(done) == ["export SEER_KEY='YOUR KEY'"]
    assert said(done, "ok", "endpoint")


def test_example_prompts_are_looked_for(doctor: Callable[..., Done], tmp_path: Path) -> None:
    with model_list("org/writer", "org/seer") as server:
        steps = VLM + SUMMARISE
        done = doctor(steps.format(url=server.url, examples="diffusiondb"))
        assert done.code == 1
        assert commands(done) == [
            "hf download poloclub/diffusiondb metadata.parquet --revision main --repo-type dataset"
        ]
        file = tmp_path / "metadata.parquet"
        pq.write_table(pa.table({"prompt": ["a barn"]}), file)
        put(tmp_path / "hub", "poloclub/diffusiondb", file, kind="dataset")
        done = doctor(steps.format(url=server.url, examples="diffusiondb"))
        assert done.code == 0
        assert said(done, "ok", "data")
        done = doctor(steps.format(url=server.url, examples="gone.txt"))
        assert done.code == 1
        assert said(done, "MISSING", "step")[0].startswith("There is no file `gone.txt`")


def memory(write_recipe: WriteRecipe, *devices: str, **free: float) -> list[Finding]:
    """What is said about BLIP-2's memory on a machine with so many GB free."""
    recipe = load(write_recipe(f'[dataset]\npath = "songs"\n{BLIP2}'))
    there = {name.replace("_", ":"): int(gb * 1e9) for name, gb in free.items()}
    found = examine_step(recipe, recipe.steps[0], Machine(devices, there))
    return [finding for finding in found if finding.subject == "memory"]


def test_a_cpu_has_float32_weights_that_its_workers_share(write_recipe: WriteRecipe) -> None:
    (seen,) = memory(write_recipe, "cpu", "cpu", cpu=20)
    assert (seen.mark, seen.text) == ("ok", "17.8 GB for 2 workers on cpu (float32); 20 GB free")


def test_a_gpu_has_bfloat16_weights_and_the_fullest_decides(write_recipe: WriteRecipe) -> None:
    (seen,) = memory(write_recipe, "cuda:0", "cuda:1", cpu=2, cuda_0=40, cuda_1=12)
    assert (seen.mark, seen.text) == ("ok", "8.9 GB for 1 worker on cuda:1 (bfloat16); 12 GB free")


def test_too_little_memory_is_missing(write_recipe: WriteRecipe) -> None:
    (seen,) = memory(write_recipe, "cuda:0", cpu=99, cuda_0=8)
    assert seen.mark == "MISSING"
    (seen,) = memory(write_recipe, "cuda:0", "cuda:0", cpu=99, cuda_0=12)
    assert seen.mark == "note"
    assert seen.text.endswith("1 would fit. Set devices = ['cuda:0'] in [run]")


def test_a_gpu_that_is_not_there_is_missing(write_recipe: WriteRecipe) -> None:
    (seen,) = memory(write_recipe, "cuda:3", cpu=99, cuda_0=40)
    assert (seen.mark, seen.text) == ("MISSING", "cuda:3 is not on this machine: see `devices`")
