"""Messages as stage `summarise` sends them, and the prompts that should be answered.

The usual message holds an answer to each of the thesis's three questions about a scene of the
demo, mostly with a caption of a tune. The others are what else the stage may send: answers that
are missing, that disagree, or that belong to questions of other names; another instruction; a
lower limit of words; other examples. The answer says only what the notes say.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from infra.demo_models.sentences import (
    FEELINGS,
    LIGHTS,
    MOODS,
    NUMBERS,
    PLACES,
    STYLES,
    TIMES,
    WEATHERS,
    answers,
    full_prompt,
    music_caption,
    subject,
)
from pipeline.demo.held_out import scene_held_out, tune_held_out
from pipeline.demo.scenes import Scene, draw_scene
from pipeline.demo.tunes import Tune, draw_tune
from pipeline.stages.prompts.examples import BUILTIN, pool
from pipeline.stages.prompts.message import builtin_instruction, message

Extent = Literal["bare", "cut", "whole"]
"""How much of a message there is before its notes: the limit at most; a few lines of instruction
and up to two beginnings of examples; or all of it."""
SEEDS = 1_000_000
"""Of scenes and tunes for training; evaluation takes larger ones."""
FULL = 40
"""From this limit on everything is said: no prompt of `full_prompt` has more than 34 words."""

SUBJECT_FIELDS = ("shape", "colour", "count")
"""As `SUBJECT`. The order decides what is drawn from a seed."""
ASKED = ("description", "prompt", "style")
SUBJECT = ("count", "colour", "shape")
SEEN = (*SUBJECT, "background", "time of day", "weather")
STATED: dict[str, tuple[str, ...]] = {
    "description": SEEN,
    "prompt": (*SEEN, "style"),
    "subject": SUBJECT,
    **{name: (name,) for name in (*SEEN, "style")},
}
"""What the answer to a question states."""
NAMES: dict[str, tuple[str, ...]] = {
    "description": ("description", "caption", "what", "image", "scene", "content", "picture"),
    "prompt": ("prompt", "short_prompt", "diffusion"),
    "style": ("style", "look", "technique", "medium", "drawing"),
    "subject": ("subject", "what", "object", "shapes", "description", "caption"),
    "shape": ("shape", "shapes", "form", "object"),
    "colour": ("colour", "color", "hue"),
    "count": ("count", "number", "how_many", "amount"),
    "background": ("background", "place", "where", "setting", "location"),
    "weather": ("weather", "sky", "air"),
    "time of day": ("time", "when", "hour", "daytime", "time_of_day"),
}
"""What users may call a question."""
INSTRUCTIONS = (
    "Write one prompt for Stable Diffusion, in fewer than {max_words} words.",
    "Turn these notes into a short prompt. Use fewer than {max_words} words.",
    "You write prompts for a model that turns text into an image. Stay below {max_words} words. "
    "Answer with the prompt alone.",
    "Describe the picture for an image generator. Limit: {max_words} words. No lists.",
    "Write a prompt of fewer than {max_words} words. The music may colour the mood.",
)
_CUT = re.compile(r"[.,]? ?[^.,]*\{max_words\}[^.,]*")


@dataclass(frozen=True)
class Lesson:
    """One message and what to answer."""

    message: str
    answer: str


@dataclass(frozen=True)
class Notes:
    """What is said about a picture."""

    lines: list[str]
    """As `message` takes them."""
    scene: Scene
    """What holds where notes disagree."""
    known: frozenset[str]
    """The attributes that some note states."""


def lesson(rng: np.random.Generator, extent: Extent) -> Lesson:
    """A random message with its answer."""
    whole = extent == "whole"
    scene = _scene(rng)
    tune = None if rng.random() < 0.15 else _tune(rng)
    notes = _notes(scene, rng)
    limit = _limit(rng)
    instruction, examples = "", list[str]()
    if whole or (extent == "cut" and rng.random() < 0.8):
        instruction, limit = _instruction(limit, whole, rng)
    elif rng.random() < 0.5:
        instruction = f"- Use fewer than {limit} words."
    else:
        limit = 70
    if extent != "bare":
        examples = _examples(whole, rng)
    music = None if tune is None else _heard(tune, rng)
    text = message(instruction, examples, notes.lines, music).lstrip()
    return Lesson(text, answer(notes, tune, limit, rng))


def answer(notes: Notes, tune: Tune | None, limit: int, rng: np.random.Generator) -> str:
    """The prompt for some notes: as `full_prompt` words it where everything is known and the
    limit allows it, otherwise with less in it, always in fewer words than `limit` (from 6 on)."""
    scene, known = notes.scene, notes.known
    if limit >= FULL and {*SUBJECT, "background", "style"} <= known and _no_gap(scene, known):
        return full_prompt(scene, tune, rng)
    brief = limit < FULL
    stars = scene.background == "stars" and "background" in known
    who = _subject(scene, known, brief, rng)
    where = _worded(PLACES[scene.background], brief, rng) if "background" in known else ""
    style = _worded(STYLES[scene.style], brief, rng) if "style" in known else ""
    first = " ".join(part for part in (who, where) if part)
    if limit < 8:
        return who or where or style or _last_resort(scene, known)
    if limit < 16:
        return (first if where else ", ".join(filter(None, (who, style)))) or _last_resort(
            scene, known
        )
    mood = light = time = weather = ""
    if tune is not None:
        mood = _worded(MOODS[tune.pace, tune.drums], brief, rng)
        light = _worded(LIGHTS[tune.timbre], brief, rng)
    if limit < 25:
        return ", ".join(filter(None, (first, style, mood))) or _last_resort(scene, known)
    if "time of day" in known and not stars:
        time = _worded(TIMES[scene.time_of_day], brief, rng)
    if "weather" in known and not stars and scene.weather != "clear":
        weather = _worded(WEATHERS[scene.weather], brief, rng)
    seen = ", ".join(filter(None, (first, time, weather, style)))
    return ", ".join(filter(None, (seen or _last_resort(scene, known), mood, light)))


def _no_gap(scene: Scene, known: frozenset[str]) -> bool:
    """Whether time and weather are known, or nobody would mention them."""
    if scene.background == "stars":
        return True
    return "time of day" in known and ("weather" in known or scene.weather == "clear")


def _last_resort(scene: Scene, known: frozenset[str]) -> str:
    """For notes about nothing but the time or the weather: that."""
    if "time of day" in known:
        return min(TIMES[scene.time_of_day], key=_length)
    return min(WEATHERS[scene.weather], key=_length)


def _subject(scene: Scene, known: frozenset[str], brief: bool, rng: np.random.Generator) -> str:
    """ "three red stars", or as much of it as is known; "shapes" where their shape is not."""
    if not known & {*SUBJECT}:
        return ""
    if {*SUBJECT} <= known and not brief:
        return subject(scene, rng)
    one = scene.count == 1 and (known & {"count", "shape"})
    what = scene.shape if "shape" in known else "shape"
    words = [scene.colour] if "colour" in known else []
    words.append(what if one else f"{what}s")
    if "count" in known:
        words.insert(0, NUMBERS[scene.count - 1])
    elif one:
        words.insert(0, "an" if words[0] == "orange" else "a")
    return " ".join(words)


def _worded(options: tuple[str, ...], brief: bool, rng: np.random.Generator) -> str:
    return min(options, key=_length) if brief else options[int(rng.integers(len(options)))]


def _length(text: str) -> int:
    return len(text.split())


def _notes(scene: Scene, rng: np.random.Generator) -> Notes:
    """Answers to some questions about a scene, sorted by the questions' names."""
    kinds = _kinds(rng)
    free = kinds != list(ASKED) or rng.random() < 0.1
    names = {kind: _pick(NAMES[kind], rng) if free and rng.random() < 0.6 else kind
             for kind in kinds}  # fmt: skip
    said = {kind: answers(scene, rng) | {"subject": subject(scene, rng)} for kind in kinds}
    if names.get("description") == "description" and rng.random() < 0.5:
        # BLIP-2 errs in one answer and not in another.
        for kind in kinds:
            if kind not in ("description", "style") and rng.random() < 0.7:
                wrong = _mistaken(scene, "style" in kinds, rng)
                said[kind] = answers(wrong, rng) | {"subject": subject(wrong, rng)}
    lines = sorted(f"{names[kind].replace('_', ' ')}: {said[kind][kind]}" for kind in kinds)
    known = frozenset(attribute for kind in kinds for attribute in STATED[kind])
    if "description" not in kinds and scene.weather == "clear" and "weather" not in kinds:
        known -= {"weather"}  # a prompt does not mention it
    if scene.background == "stars" and not {"time of day", "weather"} & {*kinds}:
        known -= {"time of day", "weather"}
    return Notes(lines, scene, known)


def _kinds(rng: np.random.Generator) -> list[str]:
    """The questions that are asked."""
    draw = rng.random()
    if draw < 0.6:
        return list(ASKED)
    few = ("subject", *SEEN, "style")
    if draw < 0.75:  # one or two of the usual ones, perhaps with others
        usual = _some(ASKED, int(rng.integers(1, 3)), rng)
        more = _some(few, int(rng.integers(0, 3)), rng) if rng.random() < 0.4 else []
        return usual + more
    if draw < 0.85:
        return [*ASKED, *_some(few, int(rng.integers(1, 4)), rng)]
    return _some(few, min(int(rng.integers(1, 8)), len(few)), rng)


def _mistaken(scene: Scene, style_is_asked: bool, rng: np.random.Generator) -> Scene:
    """The scene with some attributes of another one; not the style unless that is said for sure."""
    while True:
        other = _scene(rng)
        fields = {"shape": other.shape, "colour": other.colour, "count": other.count}
        if scene.background != "stars" and other.background != "stars":
            fields |= {"background": other.background, "weather": other.weather}
            fields |= {"time_of_day": other.time_of_day}
        if style_is_asked:
            fields["style"] = other.style
        may_change = SUBJECT_FIELDS if rng.random() < 0.6 else tuple(fields)
        changed = _some(may_change, int(rng.integers(1, 4)), rng)
        wrong = replace(scene, **{name: fields[name] for name in changed})
        if not scene_held_out(wrong):
            return wrong


def _heard(tune: Tune, rng: np.random.Generator) -> str:
    """A caption of a tune; in one of ten its feeling does not go with its tempo."""
    caption = music_caption(tune, rng)
    if rng.random() < 0.1:
        feelings = FEELINGS[_tune(rng).pace, tune.drums]
        for right in FEELINGS[tune.pace, tune.drums]:
            caption = re.sub(rf"\b{right}\b", _pick(feelings, rng), caption)
    return caption


def _limit(rng: np.random.Generator) -> int:
    draw = rng.random()
    if draw < 0.45:
        return 70
    if draw < 0.8:
        return int(rng.integers(6, FULL))
    return int(rng.integers(12, 100))


def _instruction(limit: int, whole: bool, rng: np.random.Generator) -> tuple[str, int]:
    """An instruction, and the limit that it sets: 70 where it names none."""
    if whole and rng.random() < 0.6:
        text = builtin_instruction()
    elif rng.random() < 0.5:
        lines = builtin_instruction().split("\n")
        text = "\n".join(_some(tuple(lines), int(rng.integers(1, len(lines) if whole else 4)), rng))
        if rng.random() < 0.5:
            text = f"- Use fewer than {{max_words}} words.\n{text}"
    else:
        text = _pick(INSTRUCTIONS, rng)
        text = _CUT.sub("", text).strip() if rng.random() < 0.1 else text
    if "{max_words}" not in text:
        return text, 70
    return text.replace("{max_words}", str(limit)), limit


def _examples(whole: bool, rng: np.random.Generator) -> list[str]:
    """Example prompts: ours, some with unknown words, and some about other scenes."""
    count = 5 if whole and rng.random() < 0.6 else int(rng.integers(0, 9 if whole else 3))
    examples = []
    builtin = pool(BUILTIN)
    for _ in range(count):
        if rng.random() < 0.15:
            examples.append(full_prompt(_scene(rng), _tune(rng), rng))
            continue
        words = builtin[int(rng.integers(len(builtin)))].as_py().split()
        if not whole:
            words = words[: int(rng.integers(1, 9))]
        if rng.random() < 0.15:
            words = [_unknown(rng) if rng.random() < 0.15 else word for word in words]
        examples.append(" ".join(words))
    return examples


def _unknown(rng: np.random.Generator) -> str:
    letters = rng.integers(ord("a"), ord("z") + 1, int(rng.integers(2, 8)))
    return "".join(map(chr, letters))


def _scene(rng: np.random.Generator) -> Scene:
    while scene_held_out(scene := draw_scene(int(rng.integers(SEEDS)))):
        pass
    return scene


def _tune(rng: np.random.Generator) -> Tune:
    while tune_held_out(tune := draw_tune(int(rng.integers(SEEDS)))):
        pass
    return tune


def _pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _some(options: tuple[str, ...], count: int, rng: np.random.Generator) -> list[str]:
    """So many different ones, in their order."""
    chosen = rng.choice(len(options), min(count, len(options)), replace=False)
    return [options[n] for n in sorted(chosen)]
