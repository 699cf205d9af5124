"""Every option of every stage is used once, with a value that is not its default.

A stage's new option fails here until it has a line in `option_cases`.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch
from huggingface_hub import constants

from pipeline import validation
from pipeline.models.lp_music_caps_files import BART, BART_FILES
from pipeline.run import collect
from pipeline.secret import with_secrets
from pipeline.stage import Stage, fingerprint
from pipeline.stages import STAGES
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS
from schemas.captions import FrameCaption, MusicCaption
from schemas.prompt import Prompt
from schemas.table import Row, to_arrow
from tests.chat_server import ChatServer, Reply, chat_server, says
from tests.hub_cache import put
from tests.inputs import MemoryInputs, sample, shard_of
from tests.pipeline.stages.option_cases import DATA, KEY, KEY_VARIABLE, SECOND, Ran, cases
from tests.random_checkpoints import make_blip2_t5, make_clip, make_mistral
from tests.tiny_checkpoints import make_clap, make_instructblip_t5, make_siglip

OPTIONS = [(stage, option) for stage, kind in STAGES.items() for option in kind.options()]
CLIPS_IN_SHARD = 3

Run = Callable[[Stage], Ran]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tiny checkpoints: for each stage one in the hub's cache, others in this folder."""
    folder = tmp_path_factory.mktemp("models")
    cached = {
        "blip2": make_blip2_t5,
        "lp_music_caps": _make_lp_music_caps,
        "summarise": make_mistral,
        "clip_score": make_clip,
        "clap_score": make_clap,
    }
    others = {
        "instructblip": make_instructblip_t5,
        "siglip": make_siglip,
        "fused": lambda path: make_clap(path, fusion=True),
    }
    with torch.random.fork_rng(), pytest.MonkeyPatch.context() as patch:
        torch.manual_seed(1)
        patch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
        for name, make in (cached | others).items():
            make(folder / name)
        for name in cached:
            _add_second_revision(put(folder / "hub", f"tiny/{name}", *(folder / name).iterdir()))
        put(folder / "hub", BART, *(DATA / "bart" / name for name in BART_FILES))
        (folder / "mills.txt").write_text("".join(f"a mill {n}\n" for n in range(9)))
        for name, text in (("prompts", "a star"), ("others", "a river")):
            _write_prompts(folder / f"{name}.parquet", text)
        yield folder


def _make_lp_music_caps(folder: Path) -> None:
    """As the hub's repository: several checkpoints side by side."""
    folder.mkdir()
    weights = torch.load(DATA / "tiny.pth", weights_only=True)["state_dict"]
    torch.save(weights, folder / "transfer.pth")
    other = {name: value + 0.05 * torch.randn_like(value) for name, value in weights.items()}
    torch.save(other, folder / "supervised.pth")


def _write_prompts(path: Path, text: str) -> None:
    """One for each clip, as a metadata export has them."""
    prompts = [
        Prompt(
            clip_id=sample(number).clip_id,
            text=f"{text} {number}",
            first_answer="",
            words=3,
            model="m",
            revision="r",
        )
        for number in range(CLIPS_IN_SHARD)
    ]
    pq.write_table(to_arrow(PROMPTS, prompts), path)


def _add_second_revision(snapshot: Path) -> None:
    """The same files as another commit."""
    snapshot.with_name(SECOND).symlink_to(snapshot)
    (snapshot.parents[1] / "refs" / "second").write_text(SECOND)


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    """Its answers depend on all that it is asked."""

    def answer(body: dict[str, Any], before: int) -> Reply:
        time.sleep(0.03)  # others can come meanwhile
        return says(f"a red barn, {len(json.dumps(body))} crows, {body['seed']} trees")

    with chat_server(answer) as running:
        yield running


@pytest.fixture(scope="module")
def run(server: ChatServer) -> Run:
    """Run a stage on a small shard, and look at what its server was asked."""

    done: dict[str, Ran] = {}

    def run(stage: Stage) -> Ran:
        if repr(stage) not in done:
            done[repr(stage)] = _run(stage, server)
        return done[repr(stage)]

    return run


def _run(stage: Stage, server: ChatServer) -> Ran:
    for log in (server.asked, server.paths, server.headers):
        log.clear()
    server.most_at_once = 0
    inputs = shard()
    made = with_secrets(stage, {KEY_VARIABLE: KEY}.get)
    clip_ids = frozenset(clip.clip_id for clip in inputs.rows(CLIPS))
    rows, failures = collect(made.run(inputs), clip_ids, stage.writes)
    return Ran(
        sorted(rows, key=stage.writes.key_of),
        failures,
        list(server.asked),
        {path.removesuffix("/chat/completions") for path in server.paths},
        {headers.get("authorization") for headers in server.headers},
        server.most_at_once,
    )


def shard() -> MemoryInputs:
    """Three clips that have all that any stage reads, but for one clip's music caption."""
    media = [sample(number) for number in range(CLIPS_IN_SHARD)]
    by = {"model": "m", "revision": "r"}
    answers: list[Row] = [
        FrameCaption(clip_id=clip.clip_id, question=name, prompt="?", answer=f"a {name}", **by)
        for clip in media
        for name in ("star", "river")
    ]
    music: list[Row] = [
        MusicCaption(clip_id=clip.clip_id, text="slow piano", **by) for clip in media[1:]
    ]
    prompts: list[Row] = [
        Prompt(clip_id=clip.clip_id, text="a star", first_answer="", words=2, **by)
        for clip in media
    ]
    return shard_of(media, (FRAME_CAPTIONS, answers), (MUSIC_CAPTIONS, music), (PROMPTS, prompts))


def make(name: str, options: dict[str, Any], server: ChatServer) -> Stage:
    """The stage as a recipe states it, with a model and a server that are there."""
    kind = STAGES[name]
    there = {"model": f"tiny/{name}"} if "model" in kind.options() else {}
    if "base_url" in kind.options():
        there["base_url"] = server.url
    return validation.stage(Path("my.toml"), f"Stage `{name}`:", kind, there | options)


def test_every_option_has_a_case_and_no_other_has() -> None:
    listed = cases(Path(), "")
    assert {(name, option) for name in listed for option in listed[name]} == set(OPTIONS)


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_an_option_does_what_it_says_and_every_clip_is_accounted_for(
    name: str, option: str, models: Path, server: ChatServer, run: Run
) -> None:
    case = cases(models, server.url)[name][option]
    without = make(name, case.given, server)
    changed = make(name, case.given | {option: case.value}, server)
    assert getattr(without, option) != case.value
    before, after = run(without), run(changed)
    assert not before.failures
    assert len(after.failures) == case.failures
    assert case.effect(before, after)
    same = fingerprint(without, {}) == fingerprint(changed, {})
    assert same == is_runtime(changed, option)
    if same:
        assert table(after) == table(before)


def is_runtime(stage: Stage, option: str) -> bool:
    """Whether an option is said to leave the rows as they are."""
    return any(each.name == option and "runtime" in each.metadata for each in fields(stage))


def table(ran: Ran) -> list[dict[str, Any]]:
    """The rows, scores without what is float32's rounding."""
    return [
        {
            column: pytest.approx(value, abs=1e-6) if isinstance(value, float) else value
            for column, value in row.model_dump().items()
        }
        for row in ran.rows
    ]
