"""What a check says of a video."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What was measured, in the check's own unit, and what it was held against."""

    value: float
    threshold: float
    passed: bool
    detail: str | None = None
    """Why the video was dropped, or why nothing was measured, for people."""


def unmeasured(threshold: float, why: str) -> Verdict:
    """Where the question does not apply: the video passes, with the value 0."""
    return Verdict(0.0, threshold, passed=True, detail=why)


def at_least(value: float, threshold: float, detail: str) -> Verdict:
    """Passes from `threshold` on; otherwise `detail` says in words what was found."""
    return _verdict(value, threshold, value >= threshold, f"{detail}; allowed is at least")


def at_most(value: float, threshold: float, detail: str) -> Verdict:
    """Passes up to `threshold`; otherwise `detail` says in words what was found."""
    return _verdict(value, threshold, value <= threshold, f"{detail}; allowed is at most")


def within(value: float, least: float, most: float, detail: str) -> Verdict | None:
    """Held against the bound that it breaks, or else the upper one. A bound of 0 is none; None
    without both."""
    if least and (value < least or not most):
        return at_least(value, least, detail)
    return at_most(value, most, detail) if most else None


def _verdict(value: float, threshold: float, passed: bool, detail: str) -> Verdict:
    why = None if passed else f"{detail} {threshold:.10g}"
    return Verdict(float(value), float(threshold), passed, why)
