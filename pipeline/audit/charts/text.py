"""Texts of charts: numbers for people, and names from outside, made harmless and short."""

import math
import unicodedata

_LONGEST = 80
"""Characters of a name in a chart; its table has the whole."""
_JOINERS = "\u200c\u200d"
"""Format characters that some scripts and emoji are written with."""


def plain(text: str) -> str:
    """A text from outside on one line, without control and direction characters."""
    return " ".join("".join(map(_seen, text)).split())


def name(text: str) -> str:
    """A name from outside, made plain and cut to what a chart holds. Emoji and what else lies above
    U+FFFF become boxes: Vega cuts long labels between the two halves of such a character, which
    its renderer then refuses."""
    whole = "".join(char if char <= "\uffff" else "\u25a1" for char in plain(text))
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 1]}\u2026"


def _seen(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "" if kind.startswith("C") and char not in _JOINERS else char


def number(value: float, step: float) -> str:
    """A value with as many digits as tell multiples of `step` apart."""
    if step < 1e-6 or abs(value) >= 1e9:
        return f"{value:.3g}".replace("-", "\u2212")
    return f"{value:,.{digits(step)}f}".replace("-", "\u2212")


def digits(step: float) -> int:
    """How many digits after the point tell multiples of a round `step` apart."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def percent(share: float) -> str:
    """A share of 0 to 1, for people."""
    if 0 < share < 0.001:
        return "<0.1 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def count(number: int, of: str) -> str:
    """`1 video`, `2 videos`."""
    return f"{number:,} {of}{'' if number == 1 else 's'}"
