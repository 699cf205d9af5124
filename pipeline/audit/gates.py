"""Gates: bounds that a dataset's measures must keep, for use in CI."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.audit.measures import NAMES, SHARES, measures
from pipeline.errors import RecipeError, unknown
from pipeline.lines import clean_line
from schemas.report import Report

__all__ = ["Gate", "failed_gates", "measures", "parse_gate"]


@dataclass(frozen=True)
class Gate:
    """A measure and its bound."""

    name: str
    """One of `pipeline.audit.measures`."""
    bound: float


def parse_gate(text: str) -> Gate:
    """`NAME=VALUE` as a gate.

    Names with a colon depend on the recipe's steps: whether they exist is seen once there is a
    report.

    Raises:
        RecipeError: it is not of that form, the name is unknown, or the value cannot be right.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise RecipeError(
            f"A gate is NAME=VALUE, such as clipscore=0.25, not `{clean_line(text, 60)}`."
        )
    if name not in NAMES and (":" not in name or name.startswith("violation:")):
        raise RecipeError(unknown("measure", clean_line(name, 60), NAMES))
    return Gate(name, _bound(name, value))


def _bound(name: str, value: str) -> float:
    share = name in SHARES
    try:
        bound = float(value)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        wanted = "between 0 and 1, such as 0.05 for 5 %" if share else "a number"
        raise RecipeError(f"The bound of `{name}` is {wanted}, not `{clean_line(value, 30)}`.")
    if share and bound > 1:
        raise RecipeError(
            f"`{name}` lies between 0 and 1: write {name}={bound / 100:g} for {bound:g} %."
        )
    if share and bound < 0:
        raise RecipeError(f"`{name}` lies between 0 and 1: {bound:g} is no bound.")
    return bound


def failed_gates(report: Report, under: Sequence[Gate], over: Sequence[Gate]) -> list[str]:
    """One line for each gate that the report does not pass. A measure that is exactly at its bound
    passes.

    Args:
        under: what must not be less.
        over: what must not be more.

    Raises:
        RecipeError: the report has no value of a measure; nothing passes unseen.
    """
    found = measures(report)
    absent = [gate.name for gate in (*under, *over) if gate.name not in found]
    if absent:
        names = ", ".join(f"`{clean_line(name, 60)}`" for name in dict.fromkeys(absent))
        raise RecipeError(
            f"The report of {clean_line(report.dataset, 60)} has no {names}: no step has measured "
            f"it. It has: {', '.join(clean_line(name, 60) for name in found)}."
        )
    return [
        *(_line(gate, found[gate.name], "less") for gate in under if found[gate.name] < gate.bound),
        *(_line(gate, found[gate.name], "more") for gate in over if found[gate.name] > gate.bound),
    ]


def _line(gate: Gate, value: float, how: str) -> str:
    short = f"{value:.4g}"
    shown = short if float(short) != gate.bound else repr(value)
    return f"{gate.name} is {shown}, {how} than {gate.bound:g}"
