"""What the annotation steps did."""

from typing import Literal

from schemas.report.part import Part
from schemas.table import Sha256

StepState = Literal["complete", "incomplete", "failed", "not_run"]
"""`incomplete`: clips are waiting. `failed`: every clip that was tried failed. `not_run`: nothing
was tried yet."""


class ModelUse(Part):
    """The checkpoint behind one option of a step."""

    option: str
    model: str
    revision: str
    digest: Sha256 | None


class StepSummary(Part):
    """What one annotation step has done: `clips` = `done` + `failed` + `waiting`."""

    name: str
    variant: str
    table: str
    state: StepState
    rows: int
    clips: int
    done: int
    """Clips with at least one row."""
    failed: int
    waiting: int
    failures: dict[str, int]
    """Clips by reason, the commonest first."""
    models: list[ModelUse]
