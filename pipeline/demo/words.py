"""The words that name what a scene shows and how a tune sounds, and which of them a text uses.

The demo knows the truth about its videos, so what is said about them can be judged: see `named`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from pipeline.demo.looks import Colour, Shape
from pipeline.demo.scenes import Scene
from pipeline.demo.tunes import Tune

_SHAPES: dict[str, tuple[str, ...]] = {shape: (shape, f"{shape}s") for shape in get_args(Shape)}
_COLOURS: dict[str, tuple[str, ...]] = {colour: (colour,) for colour in get_args(Colour)}
_COUNTS: dict[str, tuple[str, ...]] = {
    "1": ("one", "a single"),
    "2": ("two",),
    "3": ("three",),
    "4": ("four",),
    "5": ("five",),
}
_STYLES: dict[str, tuple[str, ...]] = {
    "flat": ("flat",),
    "outline": ("outline", "outlines", "line drawing"),
    "sketch": ("sketch", "pencil"),
    "pixel art": ("pixel art", "pixels"),
    "watercolour": ("watercolour",),
    "neon": ("neon",),
    "comic": ("comic",),
}
_BACKGROUNDS: dict[str, tuple[str, ...]] = {
    "plain": ("plain",),
    "gradient": ("gradient",),
    "stars": ("starry",),
    "city": ("city",),
    "sea": ("sea",),
    "mountains": ("mountains",),
    "forest": ("forest",),
    "desert": ("desert",),
}
_WEATHERS: dict[str, tuple[str, ...]] = {
    "clear": ("clear",),
    "cloudy": ("cloudy", "clouds"),
    "rain": ("rain", "rainy"),
    "snow": ("snow", "snowy"),
    "fog": ("fog", "foggy"),
}
_TIMES: dict[str, tuple[str, ...]] = {
    "dawn": ("dawn",),
    "day": ("daylight", "day"),
    "sunset": ("sunset",),
    "night": ("night",),
}
_PACES: dict[str, tuple[str, ...]] = {
    "slow": ("slow", "slowly"),
    "medium": ("mid-tempo", "medium"),
    "fast": ("fast",),
}
_TIMBRES: dict[str, tuple[str, ...]] = {
    "guitar": ("guitar",),
    "flute": ("flute",),
    "organ": ("organ",),
    "bells": ("bells",),
    "strings": ("strings",),
    "synth": ("synth",),
}
_DENSITIES: dict[str, tuple[str, ...]] = {
    "sparse": ("sparse",),
    "flowing": ("flowing",),
    "busy": ("busy",),
}
_DRUMS: dict[str, tuple[str, ...]] = {
    "none": ("no drums", "without drums"),
    "soft": ("soft drums", "shaker"),
    "driving": ("driving drums",),
}

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "shape": _SHAPES,
    "colour": _COLOURS,
    "count": _COUNTS,
    "style": _STYLES,
    "background": _BACKGROUNDS,
    "weather": _WEATHERS,
    "time of day": _TIMES,
    "tempo": _PACES,
    "timbre": _TIMBRES,
    "density": _DENSITIES,
    "drums": _DRUMS,
}
"""Attribute -> value -> the words and phrases that name it. No phrase names two values."""


@dataclass(frozen=True)
class Truth:
    """What is so: one value for each attribute."""

    values: dict[str, str]

    def named_by(self, text: str, *attributes: str) -> bool:
        """Whether a text names the right value of each attribute, and no wrong one beside it."""
        return all(named(text, name) == {self.values[name]} for name in attributes)


def truth_of(scene: Scene, tune: Tune | None = None) -> Truth:
    """Of a scene, and of the tune that plays with it."""
    values: dict[str, str] = {
        "shape": scene.shape,
        "colour": scene.colour,
        "count": str(scene.count),
        "style": scene.style,
        "background": scene.background,
        "weather": scene.weather,
        "time of day": scene.time_of_day,
    }
    if tune is not None:
        values |= {
            "tempo": tune.pace,
            "timbre": tune.timbre,
            "density": tune.density,
            "drums": tune.drums,
        }
    return Truth(values)


def named(text: str, attribute: str) -> set[str]:
    """Which values of an attribute a text names."""
    return {
        value for value in WORDS[attribute] if _pattern(attribute, value).search(text.casefold())
    }


@lru_cache(maxsize=256)
def _pattern(attribute: str, value: str) -> re.Pattern[str]:
    phrases = "|".join(re.escape(phrase) for phrase in WORDS[attribute][value])
    return re.compile(rf"(?<![\w-])(?:{phrases})(?![\w-])")
