"""The words that describe a demo picture, and the colours they stand for (RGB, 0 to 255)."""

from typing import Literal

RGB = tuple[int, int, int]

Shape = Literal["circle", "square", "triangle", "star", "heart", "diamond", "ring", "crescent"]
Colour = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink"]
Style = Literal["flat", "outline", "sketch", "pixel art", "watercolour", "neon", "comic"]
Background = Literal["plain", "gradient", "stars", "city", "sea", "mountains", "forest", "desert"]
Weather = Literal["clear", "cloudy", "rain", "snow", "fog"]
TimeOfDay = Literal["dawn", "day", "sunset", "night"]
Motion = Literal["drifting", "bouncing", "spinning", "pulsing", "orbiting", "rocking"]

COLOURS: dict[Colour, RGB] = {
    "red": (222, 40, 48),
    "orange": (250, 132, 22),
    "yellow": (252, 214, 40),
    "green": (48, 168, 72),
    "blue": (40, 92, 226),
    "purple": (136, 62, 196),
    "pink": (252, 118, 182),
}

SKIES: dict[TimeOfDay, tuple[RGB, RGB]] = {
    "dawn": ((158, 166, 218), (253, 218, 200)),
    "day": ((84, 164, 234), (204, 232, 248)),
    "sunset": ((78, 48, 120), (248, 150, 96)),
    "night": ((8, 12, 36), (40, 48, 98)),
}
"""Each time of day's sky: its top and its horizon."""

LIGHTS: dict[TimeOfDay, tuple[float, float, float]] = {
    "dawn": (0.96, 0.88, 0.94),
    "day": (1.0, 1.0, 1.0),
    "sunset": (0.82, 0.54, 0.50),
    "night": (0.26, 0.31, 0.52),
}
"""What each time of day leaves of the colours of land and water. The subject keeps its own."""


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """`share` of `other` in `one`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def lit(colour: RGB, time: TimeOfDay) -> RGB:
    """A colour of the landscape as it looks at that time of day."""
    red, green, blue = (round(a * b) for a, b in zip(colour, LIGHTS[time], strict=True))
    return red, green, blue


def vivid(colour: RGB) -> RGB:
    """The same hue, as bright and saturated as a neon tube."""
    low, high = min(colour), max(colour)
    spread = max(high - low, 1)
    red, green, blue = (round(30 + 225 * (part - low) / spread) for part in colour)
    return red, green, blue
