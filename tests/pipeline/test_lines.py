"""Text from outside, shown to people."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lines import clean_line


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;5;196;1mred", "red"),
        ("\x1b[2J\x1b[H\x1b[?25lgone", "gone"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b(0charset", "charset"),
        ("lonely \x1b", "lonely"),
        ("back\x08\x08space\x07", "back space"),
        ("over\rwritten", "over written"),
        ("two\nlines\u2028three\x85four", "two lines three four"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud83c pair", "half pair"),
        ("  wide \t space\u00a0 ", "wide space"),
        ("nul\x00byte", "nul byte"),
    ],
)
def test_nothing_is_left_that_drives_a_terminal_or_hides_text(hostile: str, shown: str) -> None:
    assert clean_line(hostile) == shown


@pytest.mark.parametrize(
    "title",
    ["Beyoncé - Déjà Vu", "千本桜 [MV]", "می‌خواهم", "👩‍🎤 live", "100% <b>&amp; \\n", "[1;2] a;b"],
)
def test_honest_titles_stay_as_they_are(title: str) -> None:
    assert clean_line(title) == title


def test_a_long_text_is_cut_to_the_limit() -> None:
    assert clean_line("abcdefghij", 10) == "abcdefghij"
    assert clean_line("abcdefghijk", 10) == "abcdefg..."


@given(st.text(st.characters()))
def test_whatever_comes_in_one_printable_line_comes_out(text: str) -> None:
    line = clean_line(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
    assert line.encode().decode() == line
    assert clean_line(line) == line
