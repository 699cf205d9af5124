"""The report's contract with programs."""

import pytest
from pydantic import ValidationError

from schemas.report import Breakdown, Counts, Gallery, MediaFacts, Report

COUNTS = Counts(
    listed=0, fetched=0, dropped=0, waiting=0, with_clips=0, songs=0, clips=0, hours=0.0
)


def empty_report() -> Report:
    return Report(
        dataset="d",
        created_at="2026-01-02T03:04:05+00:00",
        content_digest="0" * 64,
        settings={},
        remarks=[],
        counts=Breakdown(total=COUNTS, by_split={}, by_source={}),
        drops=[],
        steps=[],
        scores=[],
        clipscores=[],
        prompts=[],
        overlaps=[],
        media=MediaFacts(),
        gallery=Gallery(ranking=None, clips=[]),
    )


def test_a_report_survives_json() -> None:
    report = empty_report()

    assert Report.model_validate_json(report.model_dump_json()) == report


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(ValidationError, match="surprise"):
        Report.model_validate(empty_report().model_dump() | {"surprise": 1})


def test_a_report_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        empty_report().dataset = "other"
