"""The rows of a table and its Parquet columns are one thing."""

from typing import Literal

import pyarrow as pa
import pytest
from pydantic import ValidationError

from schemas import TABLES, VIDEOS
from schemas.table import Row, Seconds, Table, arrow_schema, content_digest, from_arrow, to_arrow
from schemas.video import Video


class Example(Row):
    name: str
    seconds: Seconds
    kind: Literal["a", "b"]
    note: str | None = None
    labels: list[str] = []


EXAMPLES = Table("examples", Example, key=("name",), volatile=("note",))


def video(**changes: object) -> Video:
    fields = {"video_id": "s-1", "source": "s", "url": "u", "song_id": "x", "split": "train"}
    return Video.model_validate({**fields, "shard": "train-000000", **changes})


def test_optional_fields_are_nullable_and_all_others_are_not() -> None:
    schema = arrow_schema(Example)
    assert schema.field("note").nullable
    assert not schema.field("name").nullable
    assert schema.field("seconds").type == pa.float64()
    assert schema.field("kind").type == pa.string()


def test_every_table_has_a_schema_and_its_key_among_the_columns() -> None:
    for table in TABLES.values():
        assert set(table.key) <= set(arrow_schema(table.row).names)
        assert set(table.volatile) <= set(table.row.model_fields)


def test_rows_survive_arrow_and_come_back_in_key_order() -> None:
    rows = [Example(name=name, seconds=1.5, kind="a", labels=["x"]) for name in "cab"]
    assert from_arrow(EXAMPLES, to_arrow(EXAMPLES, rows)) == sorted(rows, key=lambda r: r.name)


def test_the_digest_ignores_order_and_volatile_columns() -> None:
    one = Example(name="1", seconds=1, kind="a")
    two = Example(name="2", seconds=2, kind="b")
    noted = Example(name="2", seconds=2, kind="b", note="at noon")
    other = Example(name="2", seconds=2.5, kind="b")
    assert content_digest(EXAMPLES, [one, two]) == content_digest(EXAMPLES, [noted, one])
    assert content_digest(EXAMPLES, [one, two]) != content_digest(EXAMPLES, [one, other])


def test_an_unknown_column_is_an_error() -> None:
    alien = to_arrow(VIDEOS, [video()]).append_column("surprise", pa.array([1]))
    with pytest.raises(ValidationError, match="surprise"):
        from_arrow(VIDEOS, alien)


def test_a_type_without_an_arrow_counterpart_is_named() -> None:
    class Odd(Row):
        when: complex

        model_config = {"arbitrary_types_allowed": True}

    with pytest.raises(TypeError, match="when"):
        arrow_schema(Odd)
