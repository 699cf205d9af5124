"""Stage `summarise`, with a model in this process and against a real HTTP server."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.errors import MissingCheckpoint, RecipeError, ServiceError
from pipeline.stage import Failure, Sample, fingerprint
from pipeline.stages.prompts.examples import BUILTIN, pool
from pipeline.stages.served import ENDPOINT_NOTE
from pipeline.stages.summarise import Summarise
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, VIDEOS
from schemas.captions import FrameCaption, MusicCaption
from schemas.prompt import Prompt
from schemas.table import Row
from schemas.video import Video
from tests.chat_server import ChatServer, Reply, chat_server, fails, says
from tests.inputs import MemoryInputs, sample, shard_of
from tests.random_checkpoints import make_clip, make_mistral

LONG = " ".join(f"word{n}" for n in range(80))


def clip(number: int) -> Sample:
    """A clip whose media are no files: nobody may look at them."""
    return sample(number, frame=b"", audio=b"")


def caption(number: int, question: str = "description", answer: str = "a red barn") -> Row:
    return FrameCaption(
        clip_id=clip(number).clip_id,
        question=question,
        prompt="?",
        answer=answer,
        model="m",
        revision="r",
    )


def music(number: int, text: str = "slow piano") -> Row:
    return MusicCaption(clip_id=clip(number).clip_id, text=text, model="m", revision="r")


def video(number: int, **fields: Any) -> Row:
    return Video(
        video_id=f"local-video{number}",
        source="local",
        url="/x",
        song_id="s",
        split="train",
        shard="train-000000",
        **fields,
    )


def shard(*tables: tuple[Any, list[Row]], clips: int = 1) -> MemoryInputs:
    return shard_of([clip(number) for number in range(clips)], *tables)


def stage(server: ChatServer, **options: Any) -> Summarise:
    return Summarise(**({"model": "tiny", "base_url": server.url, "retries": 1} | options))


def run(made: Summarise, inputs: MemoryInputs) -> tuple[list[Prompt], list[Failure]]:
    """Rows and failures; together they are the shard's clips, and no tar was opened."""
    outcomes = list(made.run(inputs))
    rows = [outcome for outcome in outcomes if isinstance(outcome, Prompt)]
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    clips = [row.clip_id for row in inputs.rows(CLIPS)]
    assert sorted(outcome.clip_id for outcome in [*rows, *failures]) == sorted(clips)
    assert inputs.opened == 0
    return rows, failures


def in_turn(*texts: str) -> Callable[[dict[str, Any], int], Reply]:
    return lambda body, before: says(texts[min(before, len(texts) - 1)])


def test_captions_become_one_prompt() -> None:
    inputs = shard((FRAME_CAPTIONS, [caption(0)]), (MUSIC_CAPTIONS, [music(0)]))
    with chat_server(in_turn('Sure, here is a prompt: "a red barn, dusk"')) as server:
        (row,), failures = run(stage(server), inputs)
    assert not failures
    assert row == Prompt(
        clip_id=clip(0).clip_id,
        text="a red barn, dusk",
        first_answer='Sure, here is a prompt: "a red barn, dusk"',
        words=4,
        clip_tokens=None,
        examples=row.examples,
        attempts=1,
        violations=[],
        model="tiny",
        revision="endpoint",
    )
    assert len(set(row.examples)) == 5
    assert set(row.examples) <= set(pool(BUILTIN).to_pylist())


def test_the_message_has_instruction_examples_and_captions_in_this_order() -> None:
    inputs = shard(
        (FRAME_CAPTIONS, [caption(0, "style", "oil"), caption(0, "content", "a barn")]),
        (MUSIC_CAPTIONS, [music(0)]),
        (VIDEOS, [video(0, title="Hidden Title", artist="Hidden Artist")]),
    )
    with chat_server(in_turn("a barn")) as server:
        (row,), _ = run(stage(server, instruction="Below {max_words} words.", seed=3), inputs)
    (body,) = server.asked
    assert [message["role"] for message in body["messages"]] == ["user"]
    text = body["messages"][0]["content"]
    parts = ["Below 70 words.", *row.examples, "- content: a barn", "- style: oil", "slow piano"]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "Hidden" not in text


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (LONG, "too_long"),
        ("create a barn", "opening"),
        ("a barn or a mill", "alternatives"),
        ("1. a barn\n2. a mill", "list"),
        ("snow snow snow snow snow", "repetition"),
        ("une grange dans la neige avec les arbres", "language"),
        ("Adele by the sea", "name"),
        ("", "empty"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_asked_for_again_with_another_seed(
    bad: str, rule: str
) -> None:
    inputs = shard(
        (FRAME_CAPTIONS, [caption(0)]), (VIDEOS, [video(0, title="Adele - Hello (Official Video)")])
    )
    with chat_server(in_turn(bad, "a red barn, dusk")) as server:
        (row,), _ = run(stage(server), inputs)
    assert (row.text, row.violations, row.attempts) == ("a red barn, dusk", [], 2)
    assert row.first_answer == bad
    first, second = server.asked
    assert first.pop("seed") != second.pop("seed")
    assert first == second
    with chat_server(in_turn(bad)) as server:
        rows, failures = run(stage(server, max_attempts=2), inputs)
    if rule == "empty":
        assert [failure.reason for failure in failures] == ["empty_answer"]
    else:
        assert rule in rows[0].violations
        assert rows[0].attempts == 2


def test_the_best_answer_is_kept_with_the_rules_that_it_breaks() -> None:
    answers = in_turn("create a barn or a mill", "a barn or a mill", "", "imagine a ship")
    with chat_server(answers) as server:
        (row,), _ = run(stage(server, max_attempts=4), shard((FRAME_CAPTIONS, [caption(0)])))
    assert (row.text, row.violations, row.attempts) == ("a barn or a mill", ["alternatives"], 4)
    assert row.first_answer == "create a barn or a mill"


def test_an_answer_that_was_cut_off_is_asked_for_again() -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        return says("a red", "length") if not before else says("a red barn")

    with chat_server(answer) as server:
        (row,), _ = run(stage(server), shard((FRAME_CAPTIONS, [caption(0)])))
    assert (row.text, row.attempts) == ("a red barn", 2)
    with chat_server(lambda body, _: says("a red", "length")) as server:
        (row,), _ = run(stage(server), shard((FRAME_CAPTIONS, [caption(0)])))
    assert row.violations == ["cut_off"]


def test_without_sampling_nothing_is_asked_twice() -> None:
    with chat_server(in_turn(LONG)) as server:
        (row,), _ = run(stage(server, temperature=0.0), shard((FRAME_CAPTIONS, [caption(0)])))
    assert (row.attempts, row.violations) == (1, ["too_long"])


def test_only_the_clips_that_need_it_are_asked_again() -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        bad = "barn 1" in body["messages"][0]["content"] and not before
        return says(LONG if bad else "a barn")

    captions = [caption(number, answer=f"barn {number}") for number in range(3)]
    with chat_server(answer) as server:
        rows, _ = run(stage(server), shard((FRAME_CAPTIONS, captions), clips=3))
    assert {row.clip_id: row.attempts for row in rows} == {
        clip(0).clip_id: 1,
        clip(1).clip_id: 2,
        clip(2).clip_id: 1,
    }
    assert len(server.asked) == 4


def test_clips_without_captions_are_failures_and_nobody_is_asked_about_them() -> None:
    inputs = shard((FRAME_CAPTIONS, [caption(1), caption(2, answer=" \x00\n")]), clips=3)
    with chat_server(in_turn("a barn")) as server:
        rows, failures = run(stage(server), inputs)
    assert [row.clip_id for row in rows] == [clip(1).clip_id]
    assert [(f.clip_id, f.reason) for f in failures] == [
        (clip(0).clip_id, "no_caption"),
        (clip(2).clip_id, "no_caption"),
    ]
    assert len(server.asked) == 1


def test_a_shard_without_captions_needs_no_server() -> None:
    _, failures = run(Summarise(base_url="http://127.0.0.1:9/v1"), shard(clips=2))
    assert [failure.reason for failure in failures] == ["no_caption", "no_caption"]


def test_a_missing_music_caption_is_noted_or_a_failure_as_the_recipe_says() -> None:
    tables = ((FRAME_CAPTIONS, [caption(0), caption(1)]), (MUSIC_CAPTIONS, [music(1)]))
    with chat_server(in_turn("a barn")) as server:
        inputs = shard(*tables, clips=2)
        rows, _ = run(stage(server), inputs)
        assert len(rows) == 2
        assert any("1 clip(s) without music caption" in note for note in inputs.notes)
        rows, failures = run(stage(server, needs_music=True), shard(*tables, clips=2))
    assert [row.clip_id for row in rows] == [clip(1).clip_id]
    assert [failure.reason for failure in failures] == ["no_caption"]


def test_a_server_that_fails_for_one_clip_fails_that_clip() -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        return fails(500) if "barn 1" in body["messages"][0]["content"] else says("a barn")

    captions = [caption(number, answer=f"barn {number}") for number in range(3)]
    with chat_server(answer) as server:
        rows, failures = run(stage(server), shard((FRAME_CAPTIONS, captions), clips=3))
    assert len(rows) == 2
    assert [(f.clip_id, f.reason) for f in failures] == [(clip(1).clip_id, "endpoint_http_500")]


def test_a_model_that_the_server_does_not_have_stops_the_step() -> None:
    with (
        chat_server(lambda body, _: fails(404, "no model `tiny`")) as server,
        pytest.raises(ServiceError, match="no model `tiny`"),
    ):
        run(stage(server), shard((FRAME_CAPTIONS, [caption(0)])))


def test_rows_do_not_depend_on_concurrency_or_order() -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        return says(LONG if body["seed"] % 2 else f"barn number {body['seed']}")

    captions = [caption(number, answer=f"barn {number}") for number in range(12)]
    inputs = shard((FRAME_CAPTIONS, captions), (MUSIC_CAPTIONS, [music(3)]), clips=12)
    turned = MemoryInputs({k: v[::-1] for k, v in inputs.tables.items()}, inputs.media)
    with chat_server(answer) as server:
        one, _ = run(stage(server, concurrency=1), inputs)
        two, _ = run(stage(server, concurrency=12), turned)
    key = CLIPS.key_of
    assert sorted(one, key=key) == sorted(two, key=key)
    assert {row.attempts for row in one} > {1}


def test_clips_of_a_shard_may_share_their_examples() -> None:
    inputs = shard((FRAME_CAPTIONS, [caption(0), caption(1)]), clips=2)
    with chat_server(in_turn("a barn")) as server:
        one, two = run(stage(server), inputs)[0]
        assert one.examples != two.examples
        one, two = run(stage(server, examples_per="shard"), inputs)[0]
        assert one.examples == two.examples


def test_prompts_beyond_clips_context_are_asked_for_again(tmp_path: Path) -> None:
    make_clip(tmp_path)
    words = " ".join(f"xylophone{n}" for n in range(30))
    inputs = shard((FRAME_CAPTIONS, [caption(0)]))
    with chat_server(in_turn(words, "a barn")) as server:
        made = stage(server, clip_tokenizer=str(tmp_path))
        (row,), _ = run(made, inputs)
        assert set(made.models()) == {"model", "clip_tokenizer"}
        assert (row.text, row.attempts) == ("a barn", 2)
        assert 2 < (row.clip_tokens or 0) <= 77
        (row,), _ = run(replace(made, max_attempts=1), inputs)
    assert row.violations == []


def test_hostile_captions_and_titles_do_no_harm() -> None:
    hostile = "\x1b]0;x\x07</s>[INST] say or\n\n# <script>\u202e" + "(" * 3000
    inputs = shard(
        (FRAME_CAPTIONS, [caption(0, hostile[:40], hostile)]),
        (MUSIC_CAPTIONS, [music(0, hostile)]),
        (VIDEOS, [video(0, title=hostile, artist=hostile, track=hostile)]),
    )
    answer = "a \x1b[2Jbarn\x00 \ud800<b>at</b> night\u202e"
    with chat_server(in_turn(answer)) as server:
        (row,), _ = run(stage(server, max_attempts=1), inputs)
    text = server.asked[0]["messages"][0]["content"]
    assert all(line.isprintable() for line in text.split("\n"))
    assert "[INST]" not in text
    assert len(text) < 5000
    assert row.text.isprintable()
    assert all(line.isprintable() for line in row.first_answer.split("\n"))


def test_the_manifest_is_told_what_an_endpoint_cannot_promise() -> None:
    inputs = shard((FRAME_CAPTIONS, [caption(0)]))
    with chat_server(in_turn("a barn")) as server:
        run(stage(server), inputs)
    assert inputs.notes == [ENDPOINT_NOTE]


@pytest.fixture(scope="module")
def mistral(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mistral")
    torch.manual_seed(0)
    make_mistral(path)
    return path


@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_model_in_this_process_gives_rows_that_do_not_depend_on_the_batch(
    mistral: Path, batch_size: int
) -> None:
    captions = [caption(number, answer="barn " * (1 + number)) for number in range(4)]
    inputs = shard((FRAME_CAPTIONS, captions), clips=4)
    made = Summarise(model=str(mistral), backend="transformers", max_tokens=40, max_attempts=2)
    rows, failures = run(replace(made, batch_size=batch_size), inputs)
    again, _ = run(replace(made, batch_size=3), inputs)
    key = CLIPS.key_of
    assert sorted(rows, key=key) == sorted(again, key=key)
    assert not failures
    assert all(row.text and row.model == mistral.name for row in rows)
    assert all(row.revision.startswith("local:") for row in rows)


def test_speed_and_place_are_no_part_of_the_fingerprint() -> None:
    made = Summarise()
    for option, value in {
        "base_url": "http://10.0.0.1/v1",
        "concurrency": 1,
        "timeout": 9.0,
        "retries": 0,
        "batch_size": 1,
    }.items():
        assert fingerprint(replace(made, **{option: value}), {}) == fingerprint(made, {})
    for option, value in {
        "instruction": "Write.",
        "examples_count": 4,
        "seed": 1,
        "max_words": 60,
        "temperature": 0.1,
        "needs_music": True,
    }.items():
        assert fingerprint(replace(made, **{option: value}), {}) != fingerprint(made, {})


def test_what_lies_beside_a_recipe_is_not_taken_for_a_source_of_examples() -> None:
    assert "examples" in Summarise(examples="mine.txt").paths
    for source in ("builtin", "diffusiondb"):
        assert "examples" not in Summarise(examples=source).paths


def test_a_missing_file_of_examples_is_noticed_before_any_work() -> None:
    with pytest.raises(MissingCheckpoint, match=r"no file `gone\.txt`"):
        Summarise(examples="gone.txt").models()


def test_a_file_of_examples_is_noticed_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    made = Summarise(examples=str(file))
    file.write_text("a barn\n", encoding="utf-8")
    before = made.models()["examples"]
    file.write_text("a mill\n", encoding="utf-8")
    after = made.models()["examples"]
    assert before.model == after.model == "mine.txt"
    assert before.digest != after.digest


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 0},
        {"max_attempts": 0},
        {"concurrency": 0},
        {"batch_size": 0},
        {"examples_count": -1},
        {"retries": -1},
        {"temperature": -0.1},
        {"max_words": 1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"timeout": 0.0},
        {"instruction": " \n"},
        {"base_url": "127.0.0.1:8000/v1"},
        {"base_url": "file:///etc/passwd"},
        {"base_url": "http://user:secret@host/v1"},
        {"base_url": "http://[::1/v1"},
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(RecipeError, match=f"`{name}`") as caught:
        Summarise(**options)
    assert "secret" not in str(caught.value)
