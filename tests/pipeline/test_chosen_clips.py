"""Running steps on chosen clips only: what runs, what stays, and what is asked for later."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.audit.load import load_audit
from pipeline.audit.outcomes import lost_clips
from pipeline.errors import DatasetError
from pipeline.plan import Choice, plan
from pipeline.recipe import Recipe, load
from pipeline.selection import select
from pipeline.stage import Failure, Inputs
from pipeline.status import status
from pipeline.store import Dataset
from pipeline.verify import verify
from schemas import CLIPS, FRAME_CAPTIONS
from schemas.captions import FrameCaption
from schemas.manifest import PartManifest
from schemas.table import Row
from tests.light_stages import LIGHT, POISON, RUNS, Look
from tests.small_datasets import SHARDS, annotate, make_dataset

Writer = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("light")

HEAD = '[dataset]\npath = "data"\n'
STAGES = HEAD + "[stage.look]\n[stage.write]\n"
TRAIN = SHARDS[1]
A, B, C, D, E = (f"test-train000000-{start:08d}" for start in (0, 10_000, 20_000, 30_000, 40_000))
EVAL = "test-eval000000-00000000"

ASKED: list[tuple[str, str]] = []
"""(stage, clip), in the order of running."""


@dataclass(frozen=True)
class Noticing(Look):
    """Looks, and says at what."""

    salt: str = ""

    def run(self, inputs: Inputs) -> Iterator[Row | Failure]:
        ASKED.extend(
            ("look", clip.clip_id) for clip in sorted(inputs.rows(CLIPS), key=CLIPS.key_of)
        )
        yield from super().run(inputs)


@dataclass(frozen=True)
class Counting(Look):
    """Says how many clips it sees, so that each row depends on all of them."""

    name = "count"

    @property
    def looks_across(self) -> bool:
        return True

    def run(self, inputs: Inputs) -> Iterator[Row | Failure]:
        clips = sorted(clip.clip_id for clip in inputs.rows(CLIPS))
        ASKED.extend(("count", clip) for clip in clips)
        for clip_id in clips:
            yield FrameCaption(
                clip_id=clip_id,
                question="q",
                prompt=self.question,
                answer=str(len(clips)),
                model="none",
                revision="0",
            )


@pytest.fixture(autouse=True)
def noticing(light: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "STAGES", {**LIGHT, "look": Noticing, "count": Counting})
    ASKED.clear()


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "data")


@pytest.fixture
def recipe(write_recipe: Writer, noticing: None) -> Recipe:
    return load(write_recipe(STAGES))


def only(*clips: str, **more: bool) -> Choice:
    return Choice(clips=frozenset(clips), **more)


def part(dataset: Dataset, recipe: Recipe, step: str, shard: str = TRAIN) -> PartManifest:
    found = recipe.step(step)
    manifest = dataset.manifest(found.table, shard, found.variant)
    assert manifest
    rows = dataset.read(found.table, shard, found.variant)
    accounted = {str(getattr(row, "clip_id", "")) for row in rows}
    accounted |= {*manifest.not_asked, *(each.clip_id for each in manifest.failures)}
    assert len(accounted) == manifest.clips == 3
    return manifest


def looked() -> list[str]:
    """The clips that were looked at since the last call."""
    found = [clip for _, clip in ASKED]
    ASKED.clear()
    return found


def test_a_new_variant_is_made_for_the_chosen_clips_only(dataset: Dataset, recipe: Recipe) -> None:
    annotate(dataset, recipe, only(A))
    assert looked() == [A]
    assert RUNS == [("look", TRAIN), ("write", TRAIN)]
    for step in ("look", "write"):
        made = part(dataset, recipe, step)
        assert (made.clips, made.rows, made.failures, made.not_asked) == (3, 1, [], [B, C])


def test_a_run_of_everything_asks_for_the_others_and_keeps_the_rows_there_are(
    dataset: Dataset, recipe: Recipe
) -> None:
    annotate(dataset, recipe, only(A))
    looked()
    annotate(dataset, recipe)
    assert sorted(looked()) == sorted([B, C, *dataset.read_column(CLIPS, SHARDS[0], "clip_id")])
    assert part(dataset, recipe, "look").not_asked == []
    assert part(dataset, recipe, "write").not_asked == []
    RUNS.clear()
    annotate(dataset, recipe)
    assert RUNS == []


def test_a_part_that_is_made_in_three_goes_equals_one_that_is_made_in_one(
    dataset: Dataset, recipe: Recipe, tmp_path: Path
) -> None:
    POISON.add(B)
    annotate(dataset, recipe, only(C))
    annotate(dataset, recipe, only(B))
    annotate(dataset, recipe)
    whole = make_dataset(tmp_path / "whole")
    annotate(whole, recipe)
    for step in recipe.steps:
        for shard in SHARDS:
            one = dataset.manifest(step.table, shard, step.variant)
            two = whole.manifest(step.table, shard, step.variant)
            assert one
            assert two
            assert (one.digest, one.sha256, one.failures, one.clips) == (
                two.digest,
                two.sha256,
                two.failures,
                two.clips,
            )
            assert one.inputs == two.inputs
    digests = {verify(each, recipe, print).digest for each in (dataset, whole)}
    assert len(digests) == 1


def test_what_reads_a_completed_part_runs_on_the_new_clips_alone(
    dataset: Dataset, recipe: Recipe
) -> None:
    annotate(dataset, recipe, only(A))
    annotate(dataset, recipe, Choice(only=("look",), shards=TRAIN))
    _, write = plan(dataset, recipe, Choice(shards=TRAIN))
    assert (write.missing, write.stale, write.clips) == ([TRAIN], [], {TRAIN: 2})
    before = part(dataset, recipe, "write").created_at
    annotate(dataset, recipe, Choice(shards=TRAIN))
    now = part(dataset, recipe, "write")
    assert (now.rows, now.not_asked) == (3, [])
    assert now.created_at >= before


def test_of_a_finished_part_chosen_clips_run_again_only_by_force_and_other_rows_stay(
    dataset: Dataset, recipe: Recipe
) -> None:
    annotate(dataset, recipe)
    before = part(dataset, recipe, "look")
    looked()
    annotate(dataset, recipe, only(B))
    assert looked() == []
    annotate(dataset, recipe, only(B, force=True))
    assert looked() == [B]
    after = part(dataset, recipe, "look")
    assert (after.digest, after.not_asked, after.changed_since) == (before.digest, [], {})


def test_what_follows_runs_only_on_clips_whose_rows_changed(
    dataset: Dataset, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotate(dataset, recipe)
    asked = spy(monkeypatch)
    POISON.add(B)
    annotate(dataset, recipe, Choice(only=("look",), clips=frozenset((A, B)), force=True))
    _, write = plan(dataset, recipe)
    assert (write.stale, write.clips) == ([TRAIN], {TRAIN: 1})
    annotate(dataset, recipe)
    assert asked == [[A, B], [B]]
    assert [each.clip_id for each in part(dataset, recipe, "write").failures] == [B]
    assert all(step.todo == [] for step in plan(dataset, recipe))


def spy(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The clips of each part that is made from now on."""
    from pipeline import inputs

    asked: list[list[str]] = []
    init = inputs.ShardInputs.__init__

    def noted(self: inputs.ShardInputs, *args: object, **options: object) -> None:
        init(self, *args, **options)
        asked.append(sorted(self.clip_ids))

    monkeypatch.setattr(inputs.ShardInputs, "__init__", noted)
    return asked


def test_changes_of_several_runs_add_up(
    dataset: Dataset, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotate(dataset, recipe)
    for clip in (A, C):
        POISON.add(clip)
        annotate(dataset, recipe, Choice(only=("look",), clips=frozenset((clip,)), force=True))
    asked = spy(monkeypatch)
    annotate(dataset, recipe)
    assert asked == [[A, C]]


@pytest.mark.parametrize(("runs", "rerun"), [(8, [A, B, C, D]), (9, [A, B, C, D, E])])
def test_what_was_made_of_rows_of_long_ago_runs_as_a_whole(
    tmp_path: Path,
    recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
    runs: int,
    rerun: list[str],
) -> None:
    dataset = make_dataset(tmp_path / "data", clips=5)
    annotate(dataset, recipe, Choice(shards=TRAIN))
    for number in range(1, runs + 1):
        POISON.clear()
        POISON.update(clip for bit, clip in enumerate((A, B, C, D)) if number & (1 << bit))
        choice = Choice(only=("look",), clips=frozenset((A, B, C, D, E)), force=True)
        annotate(dataset, recipe, choice)
    asked = spy(monkeypatch)
    annotate(dataset, recipe, Choice(shards=TRAIN))
    assert asked == [rerun]


def test_what_is_stale_runs_as_a_whole(
    dataset: Dataset, recipe: Recipe, write_recipe: Writer, tmp_path: Path
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model.bin").write_bytes(b"old")
    recipe = load(write_recipe(HEAD + '[stage.look]\nmodel = "weights"'))
    annotate(dataset, recipe)
    (tmp_path / "weights" / "model.bin").write_bytes(b"new")
    looked()
    annotate(dataset, recipe, only(A))
    assert looked() == [A, B, C]


def test_a_step_is_not_asked_for_clips_that_the_one_before_did_not_see(
    dataset: Dataset, recipe: Recipe
) -> None:
    annotate(dataset, recipe, Choice(only=("look",), clips=frozenset((A,))))
    annotate(dataset, recipe, Choice(only=("write",), shards=TRAIN))
    assert part(dataset, recipe, "write").not_asked == [B, C]
    (write,) = plan(dataset, recipe, Choice(only=("write",), shards=TRAIN))
    assert (write.blocked, write.todo) == ([TRAIN], [])
    (write,) = plan(dataset, recipe, Choice(only=("write",), clips=frozenset((B,))))
    assert (write.blocked, write.todo) == ([TRAIN], [])


def test_shards_without_a_chosen_clip_are_left_alone(dataset: Dataset, recipe: Recipe) -> None:
    plans = plan(dataset, recipe, only(A))
    assert [step.todo for step in plans] == [[TRAIN], [TRAIN]]
    assert [step.clips for step in plans] == [{TRAIN: 1}, {TRAIN: 1}]
    annotate(dataset, recipe, only(A))
    assert {shard for _, shard in RUNS} == {TRAIN}


def test_a_plan_says_on_how_many_clips_a_run_would_work(dataset: Dataset, recipe: Recipe) -> None:
    assert [step.clips for step in plan(dataset, recipe)] == [dict.fromkeys(SHARDS, 3)] * 2
    annotate(dataset, recipe, only(A, EVAL))
    assert [step.clips for step in plan(dataset, recipe)] == [dict.fromkeys(SHARDS, 2)] * 2
    told = plan(dataset, recipe, only(A, B))
    assert [(step.missing, step.clips) for step in told] == [([TRAIN], {TRAIN: 1})] * 2


def test_failed_and_new_clips_are_tried_together(dataset: Dataset, recipe: Recipe) -> None:
    POISON.add(A)
    annotate(dataset, recipe, only(A, B))
    looked()
    annotate(dataset, recipe, Choice(retry_failed=True, shards=TRAIN))
    assert looked() == [A, C]


def test_of_chosen_clips_only_those_that_failed_or_are_new_are_tried_again(
    dataset: Dataset, recipe: Recipe
) -> None:
    POISON.add(A)
    annotate(dataset, recipe, only(A, B))
    looked()
    annotate(dataset, recipe, only(A, B, retry_failed=True))
    assert looked() == [A]
    annotate(dataset, recipe, only(B, C, retry_failed=True))
    assert looked() == [C]
    annotate(dataset, recipe, only(B, retry_failed=True))
    assert looked() == []


def test_force_with_chosen_clips_runs_them_and_no_others(dataset: Dataset, recipe: Recipe) -> None:
    annotate(dataset, recipe)
    looked()
    annotate(dataset, recipe, only(C, force=True))
    assert looked() == [C]


def test_force_of_a_part_for_some_clips_makes_it_whole(dataset: Dataset, recipe: Recipe) -> None:
    annotate(dataset, recipe, only(A))
    looked()
    annotate(dataset, recipe, Choice(force=True, shards=TRAIN))
    assert looked() == [A, B, C]
    assert part(dataset, recipe, "write").not_asked == []


def test_a_stage_that_looks_across_clips_runs_on_all_it_was_asked_for(
    dataset: Dataset, write_recipe: Writer
) -> None:
    recipe = load(write_recipe(HEAD + "[stage.count]\n"))

    def answers() -> list[str]:
        variant = recipe.step("count").variant
        return [row.answer for row in dataset.read(FRAME_CAPTIONS, TRAIN, variant)]

    annotate(dataset, recipe, only(A))
    assert (looked(), answers()) == ([A], ["1"])
    annotate(dataset, recipe, only(B))
    assert (looked(), answers()) == ([A, B], ["2", "2"])
    annotate(dataset, recipe, Choice(shards=TRAIN))
    assert (looked(), answers()) == ([A, B, C], ["3", "3", "3"])
    annotate(dataset, recipe, only(B, force=True))
    assert (looked(), answers()) == ([A, B, C], ["3", "3", "3"])


def test_status_counts_a_part_for_some_clips_as_missing(dataset: Dataset, recipe: Recipe) -> None:
    annotate(dataset, recipe)
    annotate(dataset, recipe)
    assert status(dataset, recipe).todo == 0
    newer = recipe
    for step in newer.steps:
        dataset.delete_variant(step.table, step.variant)
    annotate(dataset, newer, only(A, EVAL))
    found = status(dataset, newer)
    assert [(step.done, step.missing, step.not_asked) for step in found.steps] == [(0, 2, 4)] * 2
    assert found.todo == 4


def test_verify_and_audit_account_for_clips_that_were_not_asked_for(
    dataset: Dataset, recipe: Recipe
) -> None:
    annotate(dataset, recipe, only(A))
    assert verify(dataset, recipe, print).problems == ()
    from pipeline.audit.summary import _step

    data = load_audit(dataset, recipe)
    summary = _step(data.steps[0], data.clips)
    assert (summary.done, summary.failed, summary.waiting, summary.state) == (1, 0, 5, "incomplete")
    assert lost_clips(data) == []


def test_an_unknown_clip_is_named(dataset: Dataset, recipe: Recipe) -> None:
    with pytest.raises(DatasetError, match=f"There is no clip `{A}9` .* Did you mean `{A}`"):
        plan(dataset, recipe, only(A, f"{A}9"))


def test_many_unknown_clips_are_named_in_part(dataset: Dataset, recipe: Recipe) -> None:
    with pytest.raises(DatasetError, match="`x0`, `x1`, `x2` and 7 more in this dataset"):
        plan(dataset, recipe, only(*(f"x{number}" for number in range(10))))


def test_chosen_clips_in_shards_that_were_not_chosen_are_told(
    dataset: Dataset, recipe: Recipe
) -> None:
    choice = Choice(shards="train-*", clips=frozenset((A, EVAL)))
    assert select(dataset, choice).outside == [EVAL]
    with pytest.raises(DatasetError, match="None of the 1 clips lies in a shard that `train-\\*`"):
        plan(dataset, recipe, Choice(shards="train-*", clips=frozenset((EVAL,))))
