"""Typed rows and the tables they fill: the one source of truth for every Parquet file.

A table's rows are pydantic models; its Arrow schema follows from them, so the code and the files
cannot disagree.
"""

import hashlib
import json
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

Seconds = Annotated[float, "seconds"]
Hertz = Annotated[int, "hertz"]
Decibels = Annotated[float, "decibels"]
Sha256 = Annotated[str, "hexadecimal sha256"]


class Row(BaseModel):
    """One row of a table. Immutable; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)


@dataclass(frozen=True)
class Table(Generic[R_co]):
    """A named set of rows, stored as one Parquet part per shard.

    `key` names the columns that identify a row within the dataset; parts are sorted by it.
    `volatile` columns (times, tool versions, paths) are stored but left out of content digests,
    so that two builds from the same bytes agree.
    """

    name: str
    row: type[R_co]
    key: tuple[str, ...]
    volatile: tuple[str, ...] = ()

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """The values of this table's key columns in `row`."""
        return tuple(getattr(row, column) for column in self.key)


_SCALARS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}


@cache
def arrow_schema(row: type[Row]) -> pa.Schema:
    """The Arrow schema of a row type. Optional fields are nullable, all others are not.

    Raises:
        TypeError: a field's type has no Arrow counterpart here.
    """
    hints = typing.get_type_hints(row)
    return pa.schema([_arrow_field(name, hints[name]) for name in row.model_fields])


def _arrow_field(name: str, hint: Any) -> pa.Field:
    required, nullable = _without_none(hint)
    return pa.field(name, _arrow_type(name, required), nullable=nullable)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return (kinds[0], True) if len(kinds) == 1 else (hint, False)


def _arrow_type(name: str, hint: Any) -> pa.DataType:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is Literal:
        return pa.string()
    if get_origin(hint) is list:
        return pa.list_(pa.field("item", _arrow_type(name, get_args(hint)[0]), nullable=False))
    raise TypeError(f"field `{name}`: {hint} has no Arrow type here; known: {list(_SCALARS)}, list")


def to_arrow(table: Table[R], rows: Iterable[R]) -> pa.Table:
    """Rows as an Arrow table, sorted by the table's key."""
    ordered = sorted(rows, key=table.key_of)
    return pa.Table.from_pylist([vars(row) for row in ordered], arrow_schema(table.row))


def from_arrow(table: Table[R], data: pa.Table) -> list[R]:
    """The rows of an Arrow table. An unknown column or a wrong type is an error."""
    return [table.row.model_validate(values) for values in data.to_pylist()]


def content_digest(table: Table[R], rows: Iterable[R]) -> str:
    """sha256 over the rows in key order, without volatile columns: equal content, equal digest."""
    columns = [name for name in table.row.model_fields if name not in table.volatile]
    encode = json.JSONEncoder(ensure_ascii=True).encode
    digest = hashlib.sha256(encode([table.name, columns]).encode())
    for row in sorted(rows, key=table.key_of):
        values = vars(row)
        digest.update(encode([values[column] for column in columns]).encode() + b"\n")
    return digest.hexdigest()
