"""The checks of a finished prompt."""

import pytest

from pipeline.stages.prompts.names import names_of
from pipeline.stages.prompts.rules import violations, words

GOOD = [
    "a red barn in the snow, soft light, oil painting",
    "portrait of a woman, 85mm, f/1.8, highly detailed, sharp focus, artstation",
    "created by hand, a paper lantern, warm glow",
    "creation of a star, deep space, purple haze",
    "imagery of the desert, long shadows",
    "drawing of a fox, ink on paper",
    "a painting, oil on canvas, more or less finished, in a bright studio",
    "an orchid by the door, corridor, origami",
    "red, red and red again, a wall",
    "wide shot of a café in Malmö, naïve style",
    "1. FC stadium at night, floodlights",
    "a desk with 3 lamps, 2 chairs, vase",
    "cyberpunk, neon, rain, megacity, holograms, 8k",
    "la dolce vita, a fountain in the night, film still",
    "manuscript page with one hànzì 龍 in the corner, ink",
    "Here lies a ship, sunken, green water",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_good_prompt_breaks_no_rule(text: str) -> None:
    assert violations(text, 70) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        (" ... ", "empty"),
        ("Create a barn", "opening"),
        ("create: a barn", "opening"),
        ("Please generate a picture of snow", "opening"),
        ("Imagine a barn", "opening"),
        ("Visualize a barn", "opening"),
        ("Draw me a sheep", "opening"),
        ("Paint a barn in oil", "opening"),
        ("Image: a barn", "opening"),
        ("prompt 2: a barn", "opening"),
        ("The image shows a barn", "opening"),
        ("This picture depicts a barn", "opening"),
        ("Sure, a barn", "opening"),
        ("Sorry, but there is nothing", "opening"),
        ("Here is a barn", "opening"),
        ("I am unable to see the image", "opening"),
        ("As an AI language model, a barn", "opening"),
        ("a barn or a mill in the snow", "alternatives"),
        ("a barn in the snow OR a ship at sea", "alternatives"),
        ("- a barn\n- a mill", "list"),
        ("1. a barn\n2. a mill", "list"),
        ("1) a barn 2) a mill", "list"),
        ("\u2022 barn\n\u2022 mill", "list"),
        ("a barn\nPrompt 2: a mill", "list"),
        ("Option A: a barn\nOption B: a mill", "list"),
        ("snow snow snow snow", "repetition"),
        ("snow, Snow, snow. SNOW", "repetition"),
        ("a red barn, a red barn, a red barn", "repetition"),
        ("barn light snow " + "barn snow light light barn snow " * 4, "repetition"),
        ("une grange rouge dans la neige avec des arbres et une lune", "language"),
        ("eine rote Scheune im Schnee mit der Sonne und dem Mond", "language"),
        ("un granero rojo en la nieve con los \u00e1rboles y la luna del norte", "language"),
        ("\u96ea\u306e\u4e2d\u306e\u8d64\u3044\u7d0d\u5c4b", "language"),
        ("\u043a\u0440\u0430\u0441\u043d\u044b\u0439 \u0430\u043c\u0431\u0430\u0440", "language"),
    ],
)
def test_each_rule_finds_what_breaks_it(text: str, rule: str) -> None:
    assert rule in violations(text, 70)


def test_fewer_words_than_the_limit_are_allowed_and_no_more() -> None:
    distinct = [f"w{n}" for n in range(70)]
    assert violations(" ".join(distinct[:69]), 70) == []
    assert violations(" ".join(distinct), 70) == ["too_long"]


def test_words_are_what_space_separates_and_has_a_letter_or_digit() -> None:
    assert words("a red barn, f/1.8 - soft-focus & dawn !") == 6
    assert words("") == 0


def test_clip_reads_77_tokens() -> None:
    assert violations("a barn", 70, clip_tokens=77) == []
    assert violations("a barn", 70, clip_tokens=78) == ["too_many_tokens"]


def test_several_rules_are_named_in_a_fixed_order() -> None:
    text = "Create a barn or a mill in Ulm"
    names = names_of(None, None, "Somebody - Ulm")
    assert violations(text, 3, names, 99) == [
        "opening",
        "alternatives",
        "too_long",
        "too_many_tokens",
        "name",
    ]


@pytest.mark.parametrize(
    ("artist", "track", "title", "prompt"),
    [
        ("Taylor Swift", None, None, "taylor swift on a stage"),
        ("Taylor Swift", None, None, "Taylor\nSwift's guitar"),
        ("Queen", None, None, "a portrait of Queen"),
        ("Queen", None, None, "Queen, on stage"),
        ("deadmau5", None, None, "a mask of deadmau5"),
        ("AC/DC", None, None, "a shirt of AC/DC"),
        (None, None, "Adele - Hello (Official Video)", "Adele by the sea"),
        (None, None, "ABBA \u2013 Waterloo [HD]", "battle of Waterloo"),
        (None, None, "Simon & Garfunkel - The Boxer", "Garfunkel in the park"),
        (None, None, 'PSY: "Gangnam Style" M/V', "dance in Gangnam Style"),
        (None, "Under the Bridge", None, "a man under the bridge"),
        ("Bj\u00f6rk", None, None, "face of Bjo\u0308rk".replace("o\u0308", "\u00f6")),
        ("A feat. Dua Lipa", None, None, "dua lipa in the rain"),
        ("(.*)+$ Crew [x] |Zed (1)", None, None, "Zed and friends"),
    ],
)
def test_names_of_artist_and_title_are_found(
    artist: str | None, track: str | None, title: str | None, prompt: str
) -> None:
    assert violations(prompt, 70, names_of(artist, track, title)) == ["name"]


@pytest.mark.parametrize(
    ("artist", "track", "title", "prompt"),
    [
        ("Queen", None, None, "a queen on her throne"),
        ("Adele", None, None, "Adelesque light"),
        (None, "Red Lights", None, "red lights at night"),
        (None, "lights", None, "lights in the fog"),
        (None, None, "Someone - Rain (Official Music Video)", "official music video, rain"),
        (None, None, "The Video", "the video of a mill"),
        ("Various Artists", None, None, "various artists in a studio"),
        ("U2", None, None, "U2"),
        (None, None, None, "a barn"),
        ("", "", "", "a barn"),
        ("???", None, "--- | ---", "a barn???"),
    ],
)
def test_ordinary_words_are_no_names(
    artist: str | None, track: str | None, title: str | None, prompt: str
) -> None:
    assert violations(prompt, 70, names_of(artist, track, title)) == []


def test_a_hostile_title_is_searched_for_as_plain_text_in_bounded_time() -> None:
    title = "(" * 5000 + "a+" * 5000 + "[" * 5000 + "\x1b" * 100
    assert violations("a" * 200, 70, names_of(title, title, title)) == []
