"""Options from a recipe, checked against the types that take them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import RecipeError, unknown
from pipeline.settings import Settings
from pipeline.stage import Stage, required_options

S = TypeVar("S", bound=Settings)


def settings(file: Path, where: str, kind: type[S], given: Mapping[str, Any]) -> S:
    """A table of options, such as `[cut]`.

    Args:
        file: the recipe, for messages.
        where: the table in it, for messages.

    Raises:
        RecipeError: an option is unknown, missing, or of the wrong type.
    """
    _refuse_unknown(file, where, given, kind.model_fields)
    try:
        return kind.model_validate(given, strict=True)
    except ValidationError as error:
        raise RecipeError(f"{file.name}: {where} {_first(error)}") from None


def stage(file: Path, where: str, kind: type[Stage], given: Mapping[str, Any]) -> Stage:
    """A configured stage. Arguments and errors as for `settings`."""
    _refuse_unknown(file, where, given, kind.options())
    for option in required_options(kind):
        if option not in given:
            raise RecipeError(f"{file.name}: {where} needs the option `{option}`.")
    hints = get_type_hints(kind)
    checked = {}
    for option, value in given.items():
        try:
            checked[option] = TypeAdapter(hints[option]).validate_python(value, strict=True)
        except ValidationError as error:
            raise RecipeError(f"{file.name}: {where} {_first(error, option)}") from None
    try:
        return kind(**checked)
    except RecipeError as error:
        raise RecipeError(f"{file.name}: {where} {error}") from None


def _refuse_unknown(file: Path, where: str, given: Iterable[str], known: Iterable[str]) -> None:
    for option in given:
        if option not in known:
            raise RecipeError(f"{file.name}: {where} {unknown('option', option, known)}")


def _first(error: ValidationError, option: str | None = None) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in (option, *first["loc"]) if part is not None)
    if first["type"] == "missing":
        return f"needs the option `{name}`."
    text = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if not name:
        return f"{text}."
    return f"`{name}` is {first['input']!r}, but should be {text}."
