"""Gates: each name means what it says, and nothing passes unseen."""

import pytest

from pipeline.audit.data import AuditData
from pipeline.audit.gates import Gate, failed_gates, parse_gate
from pipeline.audit.measures import NAMES, RULES, SHARES, measures
from pipeline.audit.summary import summarise
from pipeline.errors import RecipeError
from pipeline.stages.prompts.names import Name
from pipeline.stages.prompts.rules import violations
from schemas.report import Gallery, MediaFacts, Report
from tests.pipeline.audit.audit_data import clip, dataset, empty, prompt, score, small, step, video

MEDIA = MediaFacts()


def report_of(data: AuditData) -> Report:
    return summarise(data, "2026-01-02T03:04:05+00:00", Gallery(ranking=None, clips=[]), MEDIA)


def two_steps() -> Report:
    """One clip, that two steps write prompts of and two score."""
    one = clip("local-a", 0.0)
    return report_of(
        dataset(
            [video("local-a")],
            [one],
            [
                step("short", "prompts", [prompt(one.clip_id, words=5)]),
                step("long", "prompts", [prompt(one.clip_id, words=50, tokens=90)]),
                step("clip_short", "scores", [score(one.clip_id, 0.3)]),
                step("clip_long", "scores", [score(one.clip_id, 0.2)]),
                step(
                    "clap",
                    "scores",
                    [score(one.clip_id, 0.4, "music_caption", False, "clap_cosine")],
                ),
            ],
        )
    )


def test_measures_by_hand() -> None:
    found = measures(report_of(small()))

    expected = {
        "clips": 4,
        "hours": 40 / 3600,
        "videos": 3,
        "songs": 2,
        "dropped": 3 / 7,
        "failed": 1.0,  # step `later` has not run
        "clipscore": 0.15,
        "clipscore_hessel": 0.375,
        "b_clipscore": 0.25,
        "clip_cosine": 0.125,
        "clip_cosine:answer:describe": 0.25,
        "truncated": 1 / 3,
        "violating": 2 / 4,
        "violation:too_long": 2 / 4,
        "violation:empty": 0,
        "violation:music_word": 1 / 4,  # no rule of today's, but rows have it
        "asked_again": 1 / 4,
        "words": 25,
        "clip_tokens": (77 + 78 + 20) / 3,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert "gap" not in found
    assert "clap_cosine" not in found


def test_every_measure_without_a_colon_can_be_named_by_a_gate() -> None:
    for report in (report_of(small()), two_steps()):
        assert {name for name in measures(report) if ":" not in name} <= set(NAMES)
        for name in measures(report):
            if name != "violation:music_word":
                assert parse_gate(f"{name}=0.5") == Gate(name, 0.5)


def test_shares_are_shares() -> None:
    for report in (report_of(small()), two_steps(), report_of(empty())):
        assert all(0 <= v <= 1 for name, v in measures(report).items() if name in SHARES)


def test_a_further_step_has_its_own_names() -> None:
    found = measures(two_steps())

    assert (found["words"], found["long:words"]) == (5, 50)
    assert (found["truncated"], found["long:truncated"]) == (0, 1)
    assert (found["clip_cosine"], found["clip_long:clip_cosine"]) == (0.3, 0.2)
    assert found["clap_cosine:music_caption"] == 0.4
    assert not [name for name in found if name.startswith(("short:", "clip_short:"))]


def test_the_floor_is_a_measure() -> None:
    one = clip("local-a", 0.0)
    rows = [score(one.clip_id, 0.3), score(one.clip_id, 0.1, "shuffled:prompt")]
    found = measures(report_of(dataset([video("local-a")], [one], [step("s", "scores", [*rows])])))

    assert (found["gap"], found["won"]) == (pytest.approx(0.2), 1.0)
    assert found["shuffled_clipscore"] == pytest.approx(0.1)


def test_without_counted_tokens_scoring_tells_what_is_cut_off() -> None:
    one = clip("local-a", 0.0)
    steps = [
        step("summarise", "prompts", [prompt(one.clip_id, tokens=None)]),
        step("clip_score", "scores", [score(one.clip_id, 0.3, truncated=True)]),
    ]

    assert measures(report_of(dataset([video("local-a")], [one], steps)))["truncated"] == 1.0


def test_an_empty_dataset_has_sizes_alone() -> None:
    assert measures(report_of(empty())) == {"clips": 0, "hours": 0, "videos": 0, "songs": 0}


def test_the_rules_are_those_that_prompts_are_held_to() -> None:
    text = "Create a red or red red red red 1. barn mit dem und der die das\nprompt: Mills"
    broken = violations(text, 3, [Name("Mills", exact=False)], 99)

    assert set(broken) <= set(RULES)
    assert len(broken) >= 5
    assert violations(" ", 3) == ["empty"]


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("clipscore=0.25", Gate("clipscore", 0.25)),
        (" clips = 1e5 ", Gate("clips", 100_000)),
        ("clip_cosine=-0.1", Gate("clip_cosine", -0.1)),
        ("violation:too_long=0", Gate("violation:too_long", 0)),
        ("clip_cosine:answer:style=0.2", Gate("clip_cosine:answer:style", 0.2)),
    ],
)
def test_a_gate_is_a_name_and_a_number(text: str, gate: Gate) -> None:
    assert parse_gate(text) == gate


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clipscore", "A gate is NAME=VALUE, such as clipscore=0.25, not `clipscore`."),
        ("=0.25", "A gate is NAME=VALUE"),
        ("clipscore=", "A gate is NAME=VALUE"),
        ("clipscor=0.25", "There is no measure `clipscor`. Known: clips, hours"),
        ("clipscor=0.25", "Did you mean `clipscore`?"),
        ("violation:too_lang=0", "Did you mean `violation:too_long`?"),
        ("truncated=5%", "The bound of `truncated` is between 0 and 1, such as 0.05"),
        ("truncated=5", "`truncated` lies between 0 and 1: write truncated=0.05 for 5 %."),
        ("clipscore=27.17", "write clipscore=0.2717 for 27.17 %."),
        ("won=-1", "`won` lies between 0 and 1: -1 is no bound."),
        ("clips=many", "The bound of `clips` is a number, not `many`."),
        ("clips=nan", "The bound of `clips` is a number, not `nan`."),
        ("words=inf", "The bound of `words` is a number, not `inf`."),
    ],
)
def test_a_gate_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        parse_gate(text)
    assert said in str(refused.value)


def test_what_is_out_of_bounds_is_said_in_a_line_each() -> None:
    report = report_of(small())
    under = [Gate("clipscore", 0.25), Gate("clips", 4)]
    over = [Gate("truncated", 0.05), Gate("words", 25)]

    assert failed_gates(report, under, over) == [
        "clipscore is 0.15, less than 0.25",
        "truncated is 0.3333, more than 0.05",
    ]


def test_a_value_that_only_rounding_makes_equal_is_shown_whole() -> None:
    assert failed_gates(report_of(small()), [], [Gate("dropped", 0.4286)]) == []
    (line,) = failed_gates(report_of(small()), [Gate("dropped", 0.4286)], [])
    assert line == f"dropped is {3 / 7!r}, less than 0.4286"


def test_a_measure_that_the_report_lacks_never_passes() -> None:
    for under, over in (([Gate("clap_cosine", 0.1)], []), ([], [Gate("long:words", 9)])):
        with pytest.raises(RecipeError, match=r"has no `.*`: no step has measured it"):
            failed_gates(report_of(small()), under, over)


def test_an_empty_dataset_passes_no_gate_on_scores() -> None:
    with pytest.raises(RecipeError, match="has no `clipscore`"):
        failed_gates(report_of(empty()), [Gate("clipscore", 0.1)], [])
