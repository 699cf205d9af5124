"""What a run did, for people and for exit codes."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class StepOutcome:
    """One step of a run: `fetch`, `cut`, or an annotation step."""

    step: str
    unit: str = "clips"
    """What is counted in `asked` and `given`."""
    loss: str = "lost"
    """How to say what became of the rest."""
    made: list[str] = field(default_factory=list)
    """Shards that were worked on and finished."""
    untouched: int = 0
    """Shards that were finished before."""
    blocked: list[str] = field(default_factory=list)
    """Shards that could not start, for want of what they read."""
    asked: int = 0
    """Videos or clips that came in."""
    given: int = 0
    """Those of them that came out as media, clips or rows."""
    excused: int = 0
    """Those of `asked` that nobody could have got or that were dropped on purpose."""
    failures: Counter[str] = field(default_factory=Counter)
    """By reason. While cutting these are clips, though videos are counted."""
    errors: dict[str, str] = field(default_factory=dict)
    """Shards that were lost, each with its line."""

    def falls_short(self, min_yield: float) -> bool:
        """Whether less came out than is allowed; nothing at all never is."""
        expected = self.asked - self.excused
        return expected > 0 and (self.given == 0 or self.given < min_yield * expected)


def exit_code(outcomes: list[StepOutcome], min_yield: float) -> int:
    """0 done; 3 less came out than `min_yield` allows; 1 enough did, but not of every shard."""
    if any(outcome.falls_short(min_yield) for outcome in outcomes):
        return 3
    return int(any(outcome.errors or outcome.blocked for outcome in outcomes))
