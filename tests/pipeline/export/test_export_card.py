"""The dataset card: filled from the tables, plain about what nobody said, deaf to hostile text."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.export.card import as_code, as_prose, as_text
from pipeline.recipe import Recipe
from tests.pipeline.export.export_data import HOSTILE, export_all, make

CARD = """
[card]
name = "A: test\\n---\\n# of {cards}"
summary = "Made for tests.\\n\\nOf cards."
creators = ["Ada <script>", "Grace"]
contact = "ada@example.org"
url = "https://example.org/data"
licence = "CC-BY-4.0"
version = "1.2.0"
uses = "Training."
maintenance = "Yearly."
"""
QUESTIONS = [
    "Motivation",
    "Composition",
    "Collection",
    "Preprocessing",
    "Uses",
    "Distribution",
    "Maintenance",
]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return make(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def text(bare: Recipe, tmp_path_factory: pytest.TempPathFactory) -> str:
    return card(bare, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    recipe = make(tmp_path_factory.mktemp("filled"), CARD)
    return card(recipe, tmp_path_factory.mktemp("out"))


def card(recipe: Recipe, folder: Path, **asked: Any) -> str:
    export_all(recipe, folder / "o", **asked)
    return (folder / "o" / "README.md").read_text(encoding="utf-8")


def front_matter(text: str) -> dict[str, Any]:
    assert text.startswith("---\n")
    facts = yaml.safe_load(text.split("\n---\n")[0][4:])
    assert isinstance(facts, dict)
    return facts


def test_every_part_of_a_datasheet_is_there(text: str) -> None:
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == QUESTIONS


def test_counts_are_those_of_the_export(text: str) -> None:
    assert "| train | 12 | 4 | 4 | 0.00 |" in text
    assert "| eval | 6 | 2 | 2 | 0.00 |" in text
    assert "| list (urls) | 18 |" in text
    assert "It was chosen from 24 clips of the dataset. Left out: no prompt 6." in text
    assert "7 listed, 7 fetched.\nBetween 2026-03-04 and 2026-03-04 (UTC)." in text
    assert "| screen | still | 1 |" in text
    assert "| summarise | empty\\_answer | 6 |" in text
    assert "| `clipscore` | 0.0500 | 12 |" in text
    assert "| summarise | org/model | abc | ffffffffffff |" in text


def test_what_nobody_answered_says_so(text: str) -> None:
    for question in ("Who created it?", "Who funded it?", "Under which licence?"):
        assert f"**{question}** Not stated by the dataset's maker." in text
    assert "no contact is stated" in text


def test_the_rights_of_others_come_first(text: str) -> None:
    assert text.index("Sound and pictures belong to others") < text.index("## Motivation")
    for said in ("unverified", "--format metadata", "framesong remove", "CC BY-NC 4.0"):
        assert said in text


def test_the_maker_has_the_word_where_the_maker_knows(filled: str) -> None:
    assert "**Who created it?** Ada \\<script\\>, Grace" in filled
    assert "write to ada\\@example.org" in filled
    assert "Made for tests.\n\nOf cards." in filled
    assert "the maker's: CC-BY-4.0." in filled
    assert "**Version**: 1.2.0" in filled
    assert "**Will it be updated?** Yearly." in filled
    assert front_matter(filled)["license_name"] == "CC-BY-4.0"
    assert front_matter(filled)["pretty_name"] == "A: test --- # of {cards}"


def test_the_condition_is_told_as_it_was_asked(bare: Recipe, tmp_path: Path) -> None:
    where = "clipscore < 0.5 -- `|` </script>"
    assert f"`` {where} ``" in card(bare, tmp_path, where=where)


def test_the_front_matter_says_where_the_splits_are(bare: Recipe, tmp_path: Path) -> None:
    found = front_matter(card(bare, tmp_path, format="parquet", splits=("eval",)))
    assert found["configs"] == [
        {"config_name": "default", "data_files": [{"split": "eval", "path": "data/eval-*"}]}
    ]
    assert found["size_categories"] == ["n<1K"]


def test_hostile_text_stays_text(text: str) -> None:
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert HOSTILE.split("\n")[0] not in text
    body = text.split("\n---\n", 1)[1]
    assert not re.search(r"(?<!\\)<(?!\d)", body)
    assert not re.search(r"(?<!\\)\[x", body)
    assert body.count("\n---\n") == 0
    assert front_matter(text)["pretty_name"] == "demo"


def test_no_path_of_the_makers_machine_is_told(text: str, bare: Recipe) -> None:
    assert str(bare.root.parent) not in text


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("a|b", r"a\|b"),
        ("www.evil.example", r"www\.evil.example"),
        ("https://evil.example", r"https\://evil.example"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        ("![x](y)", r"\!\[x\](y)"),
        ("a\r\n# b", r"a \# b"),
        ("x" * 501, "x" * 497 + "..."),
    ],
)
def test_text_is_escaped(hostile: str, safe: str) -> None:
    assert as_text(hostile) == safe


def test_code_cannot_leave_its_span() -> None:
    assert as_code("a `b` ``c``") == "``` a `b` ``c`` ```"
    assert as_code("a\nb") == "`a b`"


def test_prose_keeps_its_paragraphs_and_no_escapes() -> None:
    assert as_prose("a\nb\n \n\x1b[31mc") == "a b\n\nc"
    assert as_prose(" \n") == "Not stated by the dataset's maker."
