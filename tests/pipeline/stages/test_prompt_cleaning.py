"""What language models put around a prompt, and what is left of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.prompts.cleaning import LONGEST_ANSWER, clean, one_line, visible

BARN = "a red barn in the snow, soft light, oil painting"


@pytest.mark.parametrize(
    "answer",
    [
        BARN,
        f"  {BARN}\n",
        f'"{BARN}"',
        f"'{BARN}'",
        f"\u201c{BARN}\u201d",
        f"\u00ab{BARN}\u00bb",
        f"`{BARN}`",
        f'"{BARN}".',
        f"Prompt: {BARN}",
        f"prompt : {BARN}",
        f"Image: {BARN}",
        f"Image prompt: {BARN}",
        f"Stable Diffusion prompt: {BARN}",
        f"Prompt 1: {BARN}",
        f"Prompt #1: {BARN}",
        f"Answer:\n{BARN}",
        f"The prompt: {BARN}",
        f"Final prompt: {BARN}",
        f'Prompt: "{BARN}"',
        f'"Prompt: {BARN}"',
        f"Image: Prompt: {BARN}",
        f"**Prompt:** {BARN}",
        f"**Prompt**: {BARN}",
        f"**{BARN}**",
        f"*{BARN}*",
        f"__{BARN}__",
        f"# Prompt\n\n{BARN}",
        f"## {BARN}",
        f"> {BARN}",
        f"- {BARN}",
        f"1. {BARN}",
        f"\u2022 {BARN}",
        f"```\n{BARN}\n```",
        f"```text\n{BARN}\n```",
        f"```{BARN}```",
        f"Sure, here is a prompt: {BARN}",
        f"Sure! Here's your prompt:\n\n{BARN}",
        f"Sure! Here\u2019s a prompt for Stable Diffusion:\n\n{BARN}",
        f"Sure thing! {BARN}",
        f"Certainly! {BARN}",
        f"Of course. {BARN}",
        f"Okay, {BARN}",
        f"Here is the prompt based on the notes: {BARN}",
        f"Here is a description of the picture:\n{BARN}",
        f"Based on the notes, the prompt would be: {BARN}",
        f"I would be happy to help with that.\n\n{BARN}",
        f'Sure, I can help. Here is the prompt:\n\n```\n"{BARN}"\n```\n\nI hope this helps!',
        f"{BARN}\n\nNote: I kept it below 70 words.",
        f"{BARN}\n(Note: 10 words)",
        f"{BARN}\n\nThis prompt captures the mood of the music.",
        f"{BARN}\n\nExplanation: the barn is red.",
        f"{BARN}\n\nLet me know if you want changes.",
        f"{BARN}\nNegative prompt: blurry, low quality",
        f"{BARN}, negative prompt: blurry",
        f"{BARN} (10 words)",
        f"{BARN} [Word count: 10]",
        f"{BARN} (Word count: 10 words)",
        f"<think>The user wants\na barn.</think>\n\n{BARN}",
        f"The user wants a barn.</think>{BARN}",
        f"<s>[INST] {BARN} [/INST]</s>",
        f"{BARN}<|im_end|>",
        f"{BARN}</s>",
        f"{BARN}\n\n---\n\nHow do you like it?",
        f"{BARN}\n\n#barn #snow",
        f"Title: Winter\n\nPrompt: {BARN}\n\nNote: none",
        f"Winter\nPrompt:\n{BARN}",
        f"[{BARN}]",
        f'Sure! Here it is:\n\n**Prompt:** "{BARN}"\n\n*Word count: 10*',
    ],
)
def test_what_surrounds_the_prompt_is_taken_away(answer: str) -> None:
    assert clean(answer) == BARN


@pytest.mark.parametrize(
    "prompt",
    [
        "a red barn, 8k, f/1.8, 35mm",
        'a sign that says "open", at night',
        '"open" on one door and "closed" on the other, "exit" on a third',
        "a dog's bowl on the farmer's porch",
        "portrait of a woman (masterpiece:1.2), soft light",
        "snow_capped mountains, file_name_style",
        "a clock showing 10:30, empty station",
        "image of a lake",
        "surely the last house in town, dusk",
        "here be dragons, old map",
        "a house (1990)",
        "3d render of a fox",
        "a poster, prompt delivery van in the street",
        "note paper on a desk",
        "answering machine on a table",
        "pictures at an exhibition, gallery hall",
        "Okayama castle in spring",
        "5 * 3 grid of windows * at night",
    ],
)
def test_a_clean_prompt_stays_as_it_is(prompt: str) -> None:
    assert clean(prompt) == prompt


def test_several_lines_stay_apart_for_the_checks() -> None:
    assert clean("1. a barn\n2. a lake") == "1. a barn\n2. a lake"
    assert clean("a barn\n\nin the snow") == "a barn\nin the snow"


@pytest.mark.parametrize("answer", ["", "  \n ", '""', "Prompt:", "```\n```", "<think>hm", "**"])
def test_nothing_is_left_of_nothing(answer: str) -> None:
    assert not any(c.isalnum() for c in clean(answer))


def test_control_characters_are_gone() -> None:
    hostile = "a \x1b[31mred\x1b[0m barn\x00 \u202ewons\u200b\ud800 \ufeffx"
    assert clean(hostile) == "a [31mred [0m barn wons x"
    assert one_line("a\r\nb\u2028c\x07") == "a b c"
    assert visible("a\r\nb") == "a\nb"


def test_an_endless_answer_is_cut() -> None:
    assert len(clean("snow " * 1_000_000)) <= LONGEST_ANSWER


_PIECES = (
    "Prompt:|prompt|negative prompt: x|image|a barn|Sure, |Here is |i can help\n|note: |(9 words)|"
    "<think>|</think>|[INST]|<s>|```|`|**|*|_|\"|'|\u201c|\u201d|[|]|- |1. |# |> |---\n|#tag|:|.|"
    " |\n|\x1b|e\u0301"
)


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from(_PIECES.split("|")), max_size=12).map("".join),
    )
)
def test_cleaning_twice_is_cleaning_once(answer: str) -> None:
    once = clean(answer)
    assert clean(once) == once
    assert once == once.strip()
    assert all(line.isprintable() or line == "" for line in once.split("\n"))
