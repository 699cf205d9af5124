"""What a check of a downloaded video is: one measured number and the option that bounds it."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import MediaError
from pipeline.screen.evidence import Evidence
from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, at_least, at_most, unmeasured


@dataclass(frozen=True)
class Finding:
    """What a check measured."""

    value: float | None
    """None where the question does not apply: the video passes."""
    detail: str
    """In words."""


@dataclass(frozen=True)
class Check:
    """One question about one downloaded video."""

    option: str
    """The option of `[screen]` that bounds the value; 0 or `false` turns the check off."""
    least: bool
    """Whether the option is the least value that passes, or the greatest."""
    measure: Callable[[Evidence], Finding]
    """May raise MediaError."""

    def __call__(self, evidence: Evidence, screen: Screen) -> Verdict | None:
        """The verdict; None where the recipe turns the check off. A file that cannot be decoded
        does not pass."""
        bound = getattr(screen, self.option)
        if not bound:
            return None
        threshold = 0.0 if bound is True else float(bound)
        try:
            found = self.measure(evidence)
        except MediaError as error:
            return undecodable(threshold, error)
        if found.value is None:
            return unmeasured(threshold, found.detail)
        judge = at_least if self.least else at_most
        return judge(found.value, threshold, found.detail)


def undecodable(threshold: float, error: MediaError) -> Verdict:
    """For a file that does not let itself be measured."""
    return Verdict(0.0, threshold, passed=False, detail=f"cannot be measured: {error.detail}"[:300])
