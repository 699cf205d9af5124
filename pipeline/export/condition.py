"""Conditions on clips, in SQL, evaluated by DuckDB where it can reach nothing but the columns."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.errors import RecipeError, unknown
from pipeline.lines import clean_line

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SEALED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "threads": "1",  # the same answer for window functions with ties
}
_UNKNOWN = re.compile(r'Referenced column "(.+?)" (?:was )?not found')
_EXAMPLE = 'such as "clipscore >= 0.25 and not truncated"'


def matches(columns: pa.Table, condition: str) -> pa.ChunkedArray:
    """For each row whether the condition holds: true, false, or null where it has no value.

    Raises:
        RecipeError: it is not one true-or-false expression over the columns, gives another answer
            each time, or asks for anything outside of them.
    """
    import duckdb

    with duckdb.connect(":memory:", config=_SEALED) as database:
        database.execute("SET lock_configuration = true")
        _check_expression(database, condition)
        numbered = columns.append_column("__row", pa.array(range(len(columns)), pa.int64()))
        database.register("clips", numbered)
        try:
            # One expression, as `_check_expression` has made sure; the rest is ours.
            query = f"SELECT __row, (\n{condition}\n) AS kept FROM clips ORDER BY __row"  # noqa: S608
            found = database.sql(query).to_arrow_table()
        except duckdb.Error as error:
            raise RecipeError(_explain(error, condition, columns.column_names)) from None
    if len(found) != len(columns):
        raise RecipeError(_sentence(condition, "does not give one answer for each clip"))
    if not pa.types.is_boolean(found["kept"].type):
        kind = found["kept"].type
        raise RecipeError(_sentence(condition, f"is of type {kind}, not true or false"))
    return found["kept"]


def _check_expression(database: "DuckDBPyConnection", condition: str) -> None:
    """DuckDB's own parser says whether it is one expression, and which functions it calls."""
    query = f"SELECT (\n{condition}\n)"
    (text,) = database.execute("SELECT json_serialize_sql(?)", [query]).fetchone() or ("{}",)
    parsed = json.loads(text)
    if parsed["error"]:
        reason = clean_line(str(parsed.get("error_message", "")), 200)
        raise RecipeError(_sentence(condition, f"is no SQL expression ({reason})"))
    nodes = [statement["node"] for statement in parsed["statements"]]
    if len(nodes) != 1 or not _is_expression(nodes[0]):
        raise RecipeError(_sentence(condition, "is more than one SQL expression"))
    rows = database.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    ).fetchall()
    fickle = {str(name) for (name,) in rows}
    for name in _functions(nodes[0]):
        if name in fickle:
            raise RecipeError(
                _sentence(condition, f"calls `{name}`, which does not always give the same answer")
            )


def _is_expression(node: dict[str, Any]) -> bool:
    plain = node["type"] == "SELECT_NODE" and len(node["select_list"]) == 1
    clauses = ("where_clause", "group_expressions", "having", "sample", "qualify", "modifiers")
    return (
        plain
        and node["from_table"]["type"] == "EMPTY"
        and not any(node.get(clause) for clause in clauses)
    )


def _functions(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "function_name" in node:
            yield str(node["function_name"]).lower()
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _functions(child)


def _explain(error: Exception, condition: str, columns: list[str]) -> str:
    if missing := _UNKNOWN.search(str(error)):
        known = unknown("column", clean_line(missing[1], 80), columns)
        return f"--where {_quoted(condition)}: {known}"
    reason = clean_line(str(error).partition("\n")[0], 300)
    return f"--where {_quoted(condition)} cannot be evaluated: {reason}"


def _sentence(condition: str, trouble: str) -> str:
    return f"--where {_quoted(condition)} {trouble}. Write one condition, {_EXAMPLE}."


def _quoted(condition: str) -> str:
    return f"`{clean_line(condition, 120)}`"
