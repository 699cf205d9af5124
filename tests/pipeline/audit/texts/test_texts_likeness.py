"""The likeness of prompts to DiffusionDB, and the file that it is read from."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.audit.texts.corpus import Vocabulary
from pipeline.audit.texts.diffusiondb import check_file, draw_prompts
from pipeline.audit.texts.likeness import LARGEST, likeness
from pipeline.errors import RecipeError
from schemas.report import Likeness
from tests.pipeline.audit.texts.corpora import corpus


def written(path: Path, **columns: object) -> str:
    pq.write_table(pa.table(columns), path)
    return str(path)


def test_likeness_is_what_vocabularies_share() -> None:
    vocabulary = Vocabulary()
    ours = corpus(["a cat", "a dog"], vocabulary)
    theirs = corpus(["a cat", "trending on artstation", "a cat", "a bird", "unused"], vocabulary)

    # {a cat dog} and {a cat trending on artstation}: 2 of 6. The second two: {a cat bird}, 2 of 6.
    assert likeness(ours, theirs) == Likeness(prompts=2, jaccard=2 / 6, ceiling=2 / 6)


def test_each_side_gives_equally_many() -> None:
    vocabulary = Vocabulary()
    many = corpus([f"word{n}" for n in range(100)], vocabulary)
    few = corpus([f"word{n}" for n in range(10)], vocabulary)

    assert (found := likeness(many, few)) is not None
    assert found.prompts == 5
    assert (found := likeness(few, many)) is not None
    assert found.prompts == 10
    assert found.ceiling == 0.0


def test_at_most_so_many_are_taken() -> None:
    vocabulary = Vocabulary()
    texts = [f"word{n}" for n in range(2 * LARGEST + 100)]
    found = likeness(corpus(texts, vocabulary), corpus(texts, vocabulary))

    assert found is not None
    assert found.prompts == LARGEST


def test_without_prompts_there_is_no_likeness() -> None:
    assert likeness(corpus([]), corpus(["a", "b"])) is None
    vocabulary = Vocabulary()
    silent = likeness(corpus([""], vocabulary), corpus(["!", "?"], vocabulary))
    assert silent == Likeness(prompts=1, jaccard=0.0, ceiling=0.0)


def test_unsafe_empty_and_repeated_prompts_are_left_out(tmp_path: Path) -> None:
    file = written(
        tmp_path / "metadata.parquet",
        prompt=["barn", "mill", "barn", "rude", "", None, " ", "borderline", "unrated"],
        prompt_nsfw=pa.array([0.0, 0.1, 0.0, 0.51, 0.0, 0.0, 0.0, 0.5, None], pa.float32()),
    )

    assert sorted(draw_prompts(file, 10)) == ["barn", "borderline", "mill"]


def test_a_draw_depends_on_neither_order_nor_repeats(tmp_path: Path) -> None:
    prompts = [f"prompt {n}" for n in range(50_000)]
    file = written(tmp_path / "a.parquet", prompt=prompts)
    other = written(tmp_path / "b.parquet", prompt=[*reversed(prompts), *prompts[:999]])
    first = draw_prompts(file, 100)

    assert first == draw_prompts(other, 100)
    assert len(set(first)) == 100
    assert first == draw_prompts(file, 1000)[:100]
    spread = sorted(int(prompt.split()[1]) for prompt in draw_prompts(file, 1000))
    assert 23_000 < spread[500] < 27_000


def test_text_may_be_stored_in_any_way(tmp_path: Path) -> None:
    kept = pa.array(["barn", "mill", "barn"])
    for name, column in {
        "dictionary": kept.dictionary_encode(),
        "large": kept.cast("large_string"),
    }.items():
        file = written(tmp_path / f"{name}.parquet", prompt=column)
        assert sorted(draw_prompts(file, 10)) == ["barn", "mill"]


def test_a_huge_prompt_is_cut(tmp_path: Path) -> None:
    file = written(tmp_path / "a.parquet", prompt=["x" * 3_000_000, "y"])

    assert sorted(map(len, draw_prompts(file, 10))) == [1, 5000]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"text": ["barn"], "id\x1b[31m\n": [1]}, "its columns are text, id"),
        ({"prompt": [1, 2]}, "holds no text"),
        ({"prompt": [["barn"], ["mill"]]}, "holds no text"),
        ({"prompt": [b"\xff\xfe", b"x"]}, "holds no text"),
        ({"prompt": ["barn", "mill"], "prompt_nsfw": ["no", "yes"]}, "holds no numbers"),
        ({"prompt": ["barn"]}, "fewer than two prompts"),
        ({"prompt": pa.array([], pa.string())}, "fewer than two prompts"),
        ({"prompt": pa.nulls(3)}, "holds no text"),
        ({f"column{n}": [1] for n in range(3000)}, "its columns are column0"),
    ],
)
def test_a_file_of_something_else_is_one_line(
    tmp_path: Path, columns: dict[str, object], why: str
) -> None:
    file = written(tmp_path / "odd.parquet", **columns)
    with pytest.raises(RecipeError, match=why) as caught:
        draw_prompts(file, 10)

    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 800


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.table([pa.array(["barn"]), pa.array(["mill"])], names=["prompt", "prompt"])
    pq.write_table(table, tmp_path / "odd.parquet")
    with pytest.raises(RecipeError, match="its columns are prompt, prompt"):
        draw_prompts(str(tmp_path / "odd.parquet"), 10)


def test_text_that_is_no_text_is_refused(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(
        pa.string(),
        2,
        [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0"), pa.py_buffer(b"\xff\xfeok")],
    )
    file = written(tmp_path / "odd.parquet", prompt=broken)
    with pytest.raises(RecipeError, match="cannot be read"):
        draw_prompts(file, 10)


@pytest.mark.parametrize("name", ["gone.parquet", ".", "broken.parquet", "nul\0.parquet"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more PAR1")
    with pytest.raises(RecipeError, match=r"`diffusiondb` in \[audit\] .*cannot be read") as caught:
        draw_prompts(str(tmp_path / name), 10)

    assert "\n" not in str(caught.value)


def test_a_file_can_be_checked_without_reading_its_rows(tmp_path: Path) -> None:
    check_file(written(tmp_path / "good.parquet", prompt=["barn"]))
    for columns in ({"text": ["barn"]}, {"prompt": [1]}):
        with pytest.raises(RecipeError, match=r"`diffusiondb` in \[audit\] .*: its column"):
            check_file(written(tmp_path / "odd.parquet", **columns))
    with pytest.raises(RecipeError, match=r"gone\.parquet`, which cannot be read: "):
        check_file(str(tmp_path / "gone.parquet"))
