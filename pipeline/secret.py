"""API keys: sent to a server, and neither stored nor shown."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from pipeline.errors import RecipeError
from pipeline.stage import Stage

_MASK = "***"


class Secret:
    """A key that prints as `***`. It has no JSON form and enters no record; it can be pickled,
    for the way to a worker process."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the one place that sends it."""
        return self._text

    def hide(self, text: str) -> str:
        """`text`, such as an error of the server that got the key, without the key."""
        return text.replace(self._text, _MASK)

    def __repr__(self) -> str:
        return _MASK


def secret(named_by: str) -> dict[str, Any]:
    """The metadata of a stage's field for a key: `with_secrets` fills it, no recipe can set it, and
    it is no part of the stage's configuration. Give the field `repr=False` and `compare=False`.

    Args:
        named_by: the option that says in which environment variable the key is.
    """
    return {"runtime": True, "secret": named_by}


def with_secrets(stage: Stage, lookup: Callable[[str], str | None]) -> Stage:
    """The stage with the keys that its options name. Call it last, just before the stage runs.

    Args:
        lookup: an environment variable's value, None where it is not set.

    Raises:
        RecipeError: a variable is not set, or holds what no HTTP header can carry.
    """
    found = {}
    for each in fields(stage):
        option = each.metadata.get("secret")
        if option and (name := getattr(stage, option)):
            found[each.name] = _key(stage, option, name, lookup(name))
    return replace(stage, **found) if found else stage


def _key(stage: Stage, option: str, name: str, value: str | None) -> Secret:
    key = (value or "").strip()
    if not key:
        raise RecipeError(
            f"Stage `{stage.name}` takes its key from the environment variable {name}, which is "
            f"not set. Set it, or take `{option}` out of the recipe."
        )
    if not all("!" <= character <= "~" for character in key):
        raise RecipeError(
            f"The environment variable {name} of stage `{stage.name}` holds no API key: a key has "
            "only visible ASCII characters, without blanks."
        )
    return Secret(key)
