"""A variant's name follows from all that decides its rows, and from nothing else."""

from dataclasses import replace

from pipeline.stage import fingerprint, required_options
from tests.light_stages import Look, Write


def test_a_runtime_option_leaves_the_fingerprint_alone() -> None:
    assert fingerprint(Look(batch_size=1), {}) == fingerprint(Look(batch_size=64), {})


def test_an_option_that_decides_rows_changes_the_fingerprint() -> None:
    assert fingerprint(Look(), {}) != fingerprint(Look(question="who?"), {})


def test_the_version_of_a_stage_changes_the_fingerprint() -> None:
    class Newer(Look):
        version = 2

    assert fingerprint(Look(), {}) != fingerprint(Newer(), {})


def test_what_a_stage_reads_from_changes_the_fingerprint() -> None:
    assert fingerprint(Write(), {"frame_captions": "a"}) != fingerprint(
        Write(), {"frame_captions": "b"}
    )


def test_the_order_of_a_mapping_does_not_change_the_fingerprint() -> None:
    there = Write(words={"a": "1", "b": "2"})
    back = replace(there, words={"b": "2", "a": "1"})
    assert fingerprint(there, {}) == fingerprint(back, {})


def test_options_with_defaults_are_not_required() -> None:
    assert required_options(Look) == []
    assert Look.options() == ["question", "model", "batch_size"]
