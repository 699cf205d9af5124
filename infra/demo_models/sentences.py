"""What is said about a scene and a tune: the sentences that the demo's models learn to say.

Each can be worded in several ways. Which one is taken mostly follows from what is described, so
that a model which always says the likeliest thing still does not say the same thing every time.
"""

from typing import get_args

import numpy as np

from pipeline.demo.instruments import Timbre
from pipeline.demo.looks import Background, Style, TimeOfDay, Weather
from pipeline.demo.scenes import Scene
from pipeline.demo.tunes import Density, Drums, Pace, Tune
from pipeline.stages.blip2 import thesis_questions

USUAL = 0.85
"""How often the wording is the one that goes with what is described."""

NUMBERS = ("one", "two", "three", "four", "five")
PLACES: dict[Background, tuple[str, ...]] = {
    "plain": ("before a plain background", "in front of a plain backdrop"),
    "gradient": ("before a smooth gradient", "in front of a soft gradient"),
    "stars": ("in a starry sky", "floating in starry space"),
    "city": ("above a city", "in front of a city skyline"),
    "sea": ("over the sea", "above the waves of the sea"),
    "mountains": ("in front of mountains", "above tall mountains"),
    "forest": ("above a forest", "in front of a forest of firs"),
    "desert": ("over a desert", "above the dunes of a desert"),
}
TIMES: dict[TimeOfDay, tuple[str, ...]] = {
    "dawn": ("at dawn", "in the pale light of dawn"),
    "day": ("by day", "in bright daylight"),
    "sunset": ("at sunset", "in the warm light of sunset"),
    "night": ("at night", "on a dark night"),
}
WEATHERS: dict[Weather, tuple[str, ...]] = {
    "clear": ("under a clear sky", "in clear air"),
    "cloudy": ("under a cloudy sky", "under clouds"),
    "rain": ("in the rain", "in falling rain"),
    "snow": ("in falling snow", "in the snow"),
    "fog": ("in fog", "in drifting fog"),
}
STYLES: dict[Style, tuple[str, ...]] = {
    "flat": ("a flat vector illustration", "flat design with soft shadows"),
    "outline": ("a clean outline drawing", "a line drawing without shading"),
    "sketch": ("a pencil sketch", "a hatched pencil drawing on paper"),
    "pixel art": ("pixel art", "pixel art from an old video game"),
    "watercolour": ("a watercolour painting", "a watercolour with soft washes"),
    "neon": ("glowing neon tubes", "neon art that glows in the dark"),
    "comic": ("a comic book panel", "a comic with halftone dots"),
}
MOODS: dict[tuple[Pace, Drums], tuple[str, ...]] = {
    ("slow", "none"): ("calm and peaceful mood", "quiet lonely mood"),
    ("slow", "soft"): ("tender mood", "gentle sleepy mood"),
    ("slow", "driving"): ("grave mood", "solemn heavy mood"),
    ("medium", "none"): ("thoughtful mood", "pensive mood"),
    ("medium", "soft"): ("warm friendly mood", "relaxed mood"),
    ("medium", "driving"): ("confident mood", "proud mood"),
    ("fast", "none"): ("playful mood", "light cheerful mood"),
    ("fast", "soft"): ("lively mood", "cheeky bouncing mood"),
    ("fast", "driving"): ("energetic mood", "wild euphoric mood"),
}
LIGHTS: dict[Timbre, tuple[str, ...]] = {
    "guitar": ("intimate light", "cosy light"),
    "flute": ("airy light", "gentle light"),
    "organ": ("solemn light", "majestic light"),
    "bells": ("sparkling light", "glittering light"),
    "strings": ("cinematic light", "sweeping light"),
    "synth": ("electric glow", "futuristic glow"),
}
FEELINGS: dict[tuple[Pace, Drums], tuple[str, ...]] = {
    ("slow", "none"): ("calm", "peaceful"),
    ("slow", "soft"): ("tender", "gentle"),
    ("slow", "driving"): ("solemn", "heavy"),
    ("medium", "none"): ("thoughtful", "pensive"),
    ("medium", "soft"): ("friendly", "relaxed"),
    ("medium", "driving"): ("confident", "proud"),
    ("fast", "none"): ("playful", "light"),
    ("fast", "soft"): ("lively", "cheeky"),
    ("fast", "driving"): ("energetic", "wild"),
}
"""How a tune feels. Its mode would be the better guide, but a first model of this size, trained on
1,280 tunes, did not learn whether a third is major or minor: of others it told no more than by
guessing."""
DENSITIES: dict[Density, str] = {
    "sparse": "a sparse melody",
    "flowing": "a flowing melody",
    "busy": "a busy melody",
}
DRUMMING: dict[Drums, tuple[str, ...]] = {
    "none": ("without drums", "and no drums"),
    "soft": ("over soft drums", "and soft drums"),
    "driving": ("over driving drums", "and driving drums"),
}
PLAYED: dict[Timbre, tuple[str, ...]] = {
    "guitar": ("a plucked guitar", "a guitar"),
    "flute": ("a breathy flute", "a flute"),
    "organ": ("a full organ", "an organ"),
    "bells": ("ringing bells", "bright bells"),
    "strings": ("bowed strings", "rich strings"),
    "synth": ("a buzzing synth", "a synth"),
}
QUESTIONS: dict[str, tuple[str, ...]] = {
    "description": (
        thesis_questions()["description"],
        "What does the image show?",
        "What is in the picture?",
        "What can be seen?",
    ),
    "style": (
        thesis_questions()["style"],
        "In which style is the image drawn?",
        "What style is this?",
    ),
    "prompt": (
        thesis_questions()["prompt"],
        "Write a prompt for the image.",
    ),
    "shape": ("What shape is it?", "Which shapes are in the image?"),
    "colour": ("What colour is it?", "Which colour do the shapes have?"),
    "count": ("How many shapes are there?", "How many are there?"),
    "background": ("What is in the background?", "Where is it?"),
    "weather": ("What is the weather like?", "How is the weather?"),
    "time of day": ("What time of day is it?", "When is it?"),
}
"""What BLIP-2 is asked about a frame in training, by what is wanted."""


def wording(rng: np.random.Generator, usual: int, options: int) -> int:
    """Which of so many wordings to take: mostly the usual one, else any."""
    return usual % options if rng.random() < USUAL else int(rng.integers(options))


def _usual(scene: Scene) -> int:
    """A number that what is seen decides, the same for similar scenes."""
    return get_args(Background).index(scene.background) + get_args(TimeOfDay).index(
        scene.time_of_day
    )


def subject(scene: Scene, rng: np.random.Generator) -> str:
    """ "three red stars", "a single red star" or "one red star"."""
    if scene.count == 1:
        first = ("one", "a single")[wording(rng, 1, 2)]
        return f"{first} {scene.colour} {scene.shape}"
    return f"{NUMBERS[scene.count - 1]} {scene.colour} {scene.shape}s"


def description(scene: Scene, rng: np.random.Generator) -> str:
    """One sentence about all that can be seen, as an image captioner says it."""
    usual = _usual(scene)
    who = subject(scene, rng)
    place = PLACES[scene.background][wording(rng, usual, 2)]
    time = TIMES[scene.time_of_day][wording(rng, usual // 2, 2)]
    weather = WEATHERS[scene.weather][wording(rng, usual // 3, 2)]
    if scene.background == "stars":
        return (
            f"{who} {place}",
            f"there is {who} {place}" if scene.count == 1 else f"there are {who} {place}",
        )[wording(rng, scene.count, 2)]
    be = "is" if scene.count == 1 else "are"
    forms = (
        f"{who} {place} {time} {weather}",
        f"{who} {place} {weather} {time}",
        f"there {be} {who} {place} {time} {weather}",
        f"a picture of {who} {place} {weather} {time}",
    )
    return forms[wording(rng, usual, len(forms))]


def style(scene: Scene, rng: np.random.Generator) -> str:
    """An answer to the question about a particular style."""
    usual = _usual(scene)
    what = STYLES[scene.style][wording(rng, usual, 2)]
    forms = (f"yes, it is {what}", f"it looks like {what}", what)
    return forms[wording(rng, usual, len(forms))]


def short_prompt(scene: Scene, rng: np.random.Generator) -> str:
    """What could be typed to get this picture, without any music."""
    usual = _usual(scene)
    parts = [f"{subject(scene, rng)} {PLACES[scene.background][wording(rng, usual, 2)]}"]
    if scene.background != "stars":
        parts.append(TIMES[scene.time_of_day][wording(rng, usual // 2, 2)])
        if scene.weather != "clear":
            parts.append(WEATHERS[scene.weather][wording(rng, usual // 3, 2)])
    parts.append(STYLES[scene.style][wording(rng, usual, 2)])
    return ", ".join(parts)


def answers(scene: Scene, rng: np.random.Generator) -> dict[str, str]:
    """An answer for each key of `QUESTIONS`."""
    usual = _usual(scene)
    plural = "" if scene.count == 1 else "s"
    return {
        "description": description(scene, rng),
        "style": style(scene, rng),
        "prompt": short_prompt(scene, rng),
        "shape": f"{scene.shape}{plural}",
        "colour": scene.colour,
        "count": NUMBERS[scene.count - 1],
        "background": PLACES[scene.background][wording(rng, usual, 2)],
        "weather": WEATHERS[scene.weather][wording(rng, usual // 3, 2)],
        "time of day": TIMES[scene.time_of_day][wording(rng, usual // 2, 2)],
    }


def music_caption(tune: Tune, rng: np.random.Generator) -> str:
    """One or two sentences about the music, as a music captioner says them."""
    usual = get_args(Timbre).index(tune.timbre) + get_args(Density).index(tune.density)
    feeling = FEELINGS[tune.pace, tune.drums][wording(rng, usual, 2)]
    played = PLAYED[tune.timbre][wording(rng, usual, 2)]
    melody = DENSITIES[tune.density]
    drums = DRUMMING[tune.drums][wording(rng, usual, 2)]
    pace = "mid-tempo" if tune.pace == "medium" else tune.pace
    joined = f", {drums}" if drums.startswith("and") else f" {drums}"
    forms = (
        f"A {pace}, {feeling} piece with {played} playing {melody}{joined}.",
        f"This is {feeling} instrumental music. It is {pace}, with {played}, {melody}{joined}.",
        f"{played.capitalize()} can be heard with {melody}{joined}. "
        f"The tempo is {'medium' if tune.pace == 'medium' else pace}. It sounds {feeling}.",
        f"An instrumental, {feeling} and {pace}: {melody} on {played}{joined}.",
    )
    return forms[wording(rng, usual, len(forms))]


def full_prompt(scene: Scene, tune: Tune | None, rng: np.random.Generator) -> str:
    """The prompt that follows from what is seen and heard."""
    parts = [f"{subject(scene, rng)} {PLACES[scene.background][wording(rng, 0, 2)]}"]
    if scene.background != "stars":
        parts.append(TIMES[scene.time_of_day][int(rng.integers(2))])
        if scene.weather != "clear":
            parts.append(WEATHERS[scene.weather][int(rng.integers(2))])
    parts.append(STYLES[scene.style][int(rng.integers(2))])
    if tune is not None:
        parts.append(MOODS[tune.pace, tune.drums][int(rng.integers(2))])
        parts.append(LIGHTS[tune.timbre][int(rng.integers(2))])
    return ", ".join(parts)
