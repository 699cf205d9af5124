"""What a run says of its steps."""

import pytest

from flows import show
from flows.outcome import StepOutcome


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (StepOutcome("blip2", untouched=3), "blip2: nothing to do, 3 done before."),
        (StepOutcome("blip2", made=["a"], asked=7, given=7), "blip2: 1 shard, 7 of 7 clips."),
        (
            StepOutcome("blip2", asked=7, errors={"a": "no model"}),
            "blip2: 0 of 7 clips, 1 shard FAILED: run it again to retry.",
        ),
        (StepOutcome("summarise", blocked=["a", "b"]), "summarise: 2 blocked."),
    ],
)
def test_a_step_says_what_became_of_its_shards(
    outcome: StepOutcome, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show.outcomes([outcome])
    assert capsys.readouterr().err.strip() == said
