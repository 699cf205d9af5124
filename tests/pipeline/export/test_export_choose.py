"""Every clip is chosen or counted, and the order is the same on every machine."""

import dataclasses
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import DatasetError, RecipeError
from pipeline.export.choose import choose
from pipeline.export.request import ExportRequest, file_name

CLIPS = pa.table(
    {
        "clip_id": [f"c{n}" for n in range(8)],
        "split": ["train"] * 6 + ["eval"] * 2,
        "prompt": ["p", "p", "p", None, " \n", "p", "p", "p"],
        "clipscore": [0.1, 0.2, None, 0.4, 0.5, 0.6, 0.7, 0.8],
    }
)
REQUEST = ExportRequest(out=Path("out"), format="webdataset")


def ask(**changes: object) -> ExportRequest:
    return dataclasses.replace(REQUEST, **changes)


def ids(request: ExportRequest, clips: pa.Table = CLIPS) -> list[str]:
    return list(choose(clips, request).clips["clip_id"].to_pylist())


def test_clips_without_a_prompt_are_left_out_and_counted() -> None:
    chosen = choose(CLIPS, REQUEST)
    assert sorted(chosen.clips["clip_id"].to_pylist()) == ["c0", "c1", "c2", "c5", "c6", "c7"]
    assert chosen.left_out == {"no prompt": 2}


def test_metadata_keeps_clips_without_a_prompt() -> None:
    assert len(ids(ask(format="metadata"))) == 8


def test_each_clip_counts_once_for_the_first_reason() -> None:
    clips = frozenset({"c0", "c1", "c2", "c3", "c7", "nowhere"})
    chosen = choose(CLIPS, ask(splits=("train",), clips=clips, where="clipscore > 0.15"))
    assert chosen.clips["clip_id"].to_pylist() == ["c1"]
    assert chosen.left_out == {
        "other split": 2,
        "not in the list": 2,
        "unknown id": 1,
        "no prompt": 1,
        "no value": 1,
        "condition": 1,
    }


def test_nothing_left_is_an_error_that_says_why() -> None:
    with pytest.raises(DatasetError) as caught:
        choose(CLIPS, ask(where="clipscore > 2"))
    assert str(caught.value) == (
        "No clip is left to export. Of 8 clips: 2 no prompt, 1 no value, 5 condition. Ask for less."
    )
    with pytest.raises(DatasetError, match="no clips yet"):
        choose(CLIPS.slice(0, 0), REQUEST)


def test_the_order_is_shuffled_within_splits_in_the_order_asked_for() -> None:
    order = ids(ask(splits=("eval", "train")))
    assert {*order[:2]} == {"c6", "c7"}
    assert ids(REQUEST)[:4] != sorted(ids(REQUEST)[:4])


def test_the_order_depends_on_the_seed_and_each_id_alone() -> None:
    shuffled = CLIPS.take([5, 3, 1, 7, 0, 2, 6, 4])
    assert ids(REQUEST) == ids(REQUEST, shuffled)
    assert ids(ask(seed=1)) != ids(REQUEST)
    without = [clip_id for clip_id in ids(REQUEST) if clip_id != "c2"]
    assert ids(ask(where="clip_id <> 'c2'")) == without


def test_the_order_is_that_of_last_year() -> None:
    """Trainers go on in the middle of an epoch: the order is a promise."""
    assert ids(REQUEST) == ["c0", "c2", "c1", "c5", "c7", "c6"]


@pytest.mark.parametrize("name", ["../up", "a/b", "", " ", "-x", "a" * 101, "\x1b[31m"])
def test_names_that_are_no_file_names_are_refused(name: str) -> None:
    if name:
        with pytest.raises(RecipeError, match="file names begin with it"):
            ask(name=name)
    assert file_name(name)


def test_a_file_of_no_clips_is_refused() -> None:
    with pytest.raises(RecipeError, match="at least 1 clip"):
        ask(clips_per_shard=0)
    with pytest.raises(RecipeError, match="train or eval"):
        ask(splits=())
