"""Conditions are one SQL expression over the columns, and reach nothing else."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import RecipeError
from pipeline.export.condition import matches

CLIPS = pa.table(
    {
        "clip_id": ["a", "b", "c"],
        "clipscore": [0.1, 0.3, None],
        "truncated": [False, True, False],
        "violations": [["too_long"], [], None],
        "title": ["it's", 'say "x"', None],
    }
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("clipscore >= 0.25", [False, True, None]),
        ("clipscore >= 0.25 and not truncated", [False, False, None]),
        ("CLIPSCORE > 0.2 -- good ones", [False, True, None]),
        ("list_contains(violations, 'too_long')", [True, False, None]),
        ("title like 'it''s%' or clip_id in ('c', 'd')", [True, False, True]),
        ("clipscore > (select avg(clipscore) from clips)", [False, True, None]),
        ("row_number() over (order by clipscore desc nulls last) <= 1", [False, True, False]),
        ("true", [True, True, True]),
    ],
)
def test_a_condition_is_true_false_or_has_no_value(
    condition: str, expected: list[bool | None]
) -> None:
    assert matches(CLIPS, condition).to_pylist() == expected


def test_an_unknown_column_is_one_line_with_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        matches(CLIPS, "clipscor >= 0.25")
    assert str(caught.value) == (
        "--where `clipscor >= 0.25`: There is no column `clipscor`. Known: clip_id, clipscore, "
        "truncated, violations, title. Did you mean `clipscore`?"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "1); COPY clips TO '{path}' --",
        "1); COPY (SELECT 1) TO '{path}'; SELECT (1",
        "true); DROP TABLE clips; --",
        "true; SELECT 1",
        "true) FROM clips WHERE (false",
        "true), (false",
        "true) UNION ALL SELECT (true",
        "true) ORDER BY (1",
        "clipscore > 0.1 LIMIT 1",
        "where clipscore > 0.1",
        "(",
        "'",
    ],
)
def test_more_than_one_expression_is_refused(condition: str, tmp_path: Path) -> None:
    path = tmp_path / "stolen.csv"
    with pytest.raises(RecipeError, match="expression"):
        matches(CLIPS, condition.format(path=path))
    assert not path.exists()


@pytest.mark.parametrize(
    "condition",
    [
        "(SELECT count(*) FROM read_csv('/etc/passwd')) > 0",
        "(SELECT count(*) FROM read_text('/etc/passwd')) > 0",
        "(SELECT count(*) FROM '/etc/passwd') > 0",
        "(SELECT count(*) FROM glob('/etc/*')) > 0",
        "(SELECT count(*) FROM read_parquet('https://example.org/x')) > 0",
        "getenv('HOME') = ''",
        "(SELECT count(*) FROM parquet_metadata('/etc/passwd')) > 0",
    ],
)
def test_a_condition_reaches_no_file_and_no_network(condition: str) -> None:
    with pytest.raises(RecipeError) as caught:
        matches(CLIPS, condition)
    assert "\n" not in str(caught.value)
    assert "root:" not in str(caught.value)


@pytest.mark.parametrize(
    "condition", ["random() > 0.5", "now() > DATE '2020-01-01'", "uuid() > 'a'", "today() IS NULL"]
)
def test_what_differs_from_run_to_run_is_refused(condition: str) -> None:
    with pytest.raises(RecipeError, match="does not always give the same answer"):
        matches(CLIPS, condition)


@pytest.mark.parametrize("condition", ["clipscore", "clip_id", "violations"])
def test_what_is_not_true_or_false_is_refused(condition: str) -> None:
    with pytest.raises(RecipeError, match=r"is of type .*, not true or false"):
        matches(CLIPS, condition)


@pytest.mark.parametrize(
    "condition", ["count(*) > 1", "unnest([true, false])", "clipscore > 'x'", "nothing(clip_id)"]
)
def test_what_cannot_be_evaluated_is_one_line(condition: str) -> None:
    with pytest.raises(RecipeError) as caught:
        matches(CLIPS, condition)
    assert "\n" not in str(caught.value)
    assert condition[:8] in str(caught.value)


def test_escapes_in_a_condition_do_not_drive_the_terminal() -> None:
    with pytest.raises(RecipeError) as caught:
        matches(CLIPS, "\x1b[2J clipscor = 1")
    assert "\x1b" not in str(caught.value)
