"""Labels that a video must have, or must not."""

from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, unmeasured
from pipeline.stated import Stated


def labels(stated: Stated, screen: Screen) -> Verdict | None:
    """Whether the labels are as wanted. Value: how many are missing or must not be there."""
    if not screen.need_labels and not screen.drop_labels:
        return None
    if not stated.labels:
        return unmeasured(0.0, "not stated")
    given = {label.casefold() for label in stated.labels}
    missing = [f"no label `{each}`" for each in screen.need_labels if each.casefold() not in given]
    unwanted = [f"label `{each}`" for each in screen.drop_labels if each.casefold() in given]
    wrong = [*missing, *unwanted]
    if not wrong:
        return Verdict(0.0, 0.0, passed=True)
    return Verdict(len(wrong), 0.0, passed=False, detail=", ".join(wrong)[:300])
