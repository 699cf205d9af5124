"""The words that break a rule, where words do."""

import time

import pytest

from pipeline.audit.marks import marks
from pipeline.stages.prompts.names import names_of
from pipeline.stages.prompts.rules import violations
from tests.pipeline.audit.audit_data import prompt, video


def marked(text: str, broken: list[str], **facts: str) -> list[tuple[str, str]]:
    """The marked words, each with its rule."""
    found = marks(prompt("clip", text=text, violations=broken), video("local-a", **facts))
    return [(text[start:end], rule) for start, end, rule in found]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Create an image of a cat", "Create"),
        ("Please draw me a cat", "Please draw me a"),
        ("The image shows a cat", "The image shows"),
        ("Prompt: a cat", "Prompt:"),
        ("Sure, a cat", "Sure,"),
    ],
)
def test_an_opening_is_marked_up_to_where_the_rule_objects(text: str, words: str) -> None:
    assert "opening" in violations(text, 99)
    assert marked(text, ["opening"]) == [(words, "opening")]


def test_each_or_is_marked_but_more_or_less_is_not() -> None:
    text = "red or blue, more or less round, a cat OR a dog"

    assert marked(text, ["alternatives"]) == [("or", "alternatives"), ("OR", "alternatives")]


def test_names_are_marked_as_the_rule_finds_them() -> None:
    text = "a poster of the fall of  troy, and Queen beside a queen"
    facts = {"artist": "Queen", "title": "The Fall of Troy (Official Video)"}

    assert violations(text, 99, names_of("Queen", None, facts["title"])) == ["name"]
    assert marked(text, ["name"], **facts) == [("the fall of  troy", "name"), ("Queen", "name")]


def test_a_name_is_not_taken_as_a_pattern() -> None:
    assert marked("a man named Abcz (x", ["name"], artist="A.*z (x") == []
    assert marked("by M.A.D dog", ["name"], artist="M.A.D dog") == [("M.A.D dog", "name")]


def test_marks_do_not_overlap() -> None:
    text = "Imagine Dragons or a dragon"

    assert marked(text, ["opening", "name", "alternatives"], artist="Imagine Dragons") == [
        ("Imagine Dragons", "name"),
        ("or", "alternatives"),
    ]


@pytest.mark.parametrize("rule", ["too_long", "list", "<b>", "__proto__"])
def test_rules_about_the_whole_prompt_and_unknown_ones_mark_nothing(rule: str) -> None:
    assert marked("Create this or that", [rule]) == []


def test_a_rule_that_the_prompt_keeps_marks_nothing() -> None:
    assert marked("Create a cat or a dog", []) == []


def test_a_video_that_is_not_listed_has_no_names() -> None:
    assert marks(prompt("clip", text="Queen", violations=["name"]), None) == []


def test_a_prompt_of_a_thousand_alternatives_takes_no_time() -> None:
    before = time.process_time()
    found = marked("cat or " * 10_000, ["alternatives"])

    assert 0 < len(found) < 100
    assert time.process_time() - before < 1
