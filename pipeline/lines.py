"""Text from outside, made safe to show as one line."""

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # commands, such as setting a window's title
    r"|\x1b[ -/]*[0-~]"  # character sets, resets
)
"""ECMA-48's control sequences, control strings and escape sequences."""
_JOINERS = "\u200c\u200d"
"""Invisible, but part of many scripts and of composed emoji."""


def clean_line(text: str, limit: int | None = None) -> str:
    """`text` as one line that can neither drive a terminal nor hide or reorder what stands in it.

    Terminal escapes, control characters, bidirectional overrides and lone surrogates go; any white
    space becomes one blank. With `limit`, what is longer than so many characters ends in `...`.

    >>> clean_line("fine\\x1b[31m red\\r\\nnext")
    'fine red next'
    """
    plain = "".join(_safe(character) for character in _ESCAPE_SEQUENCE.sub("", text))
    line = " ".join(plain.split())
    return line if limit is None or len(line) <= limit else line[: max(0, limit - 3)] + "..."


def _safe(character: str) -> str:
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs") else character
