"""Which scenes and tunes the demo's checkpoints never saw when they were trained.

Combinations are held out, not only seeds: each value was seen, and each pair of values, but not all
of these together. CLIP alone read moods and lights of any tune: they cannot be seen in its frames.
"""

from typing import get_args

from pipeline.demo.instruments import Timbre
from pipeline.demo.looks import Background, Colour, Shape, Style, TimeOfDay
from pipeline.demo.scenes import Scene
from pipeline.demo.tunes import Density, Drums, Mode, Pace, Tune


def scene_held_out(scene: Scene) -> bool:
    """Whether it is one of a seventh of the 12,544 combinations of shape, colour, style, background
    and time of day."""
    shape = get_args(Shape).index(scene.shape)
    colour = get_args(Colour).index(scene.colour)
    style = get_args(Style).index(scene.style)
    background = get_args(Background).index(scene.background)
    time = get_args(TimeOfDay).index(scene.time_of_day)
    return (shape + 2 * colour + 3 * style + 4 * background + 5 * time) % 7 == 0


def tune_held_out(tune: Tune) -> bool:
    """Whether it is one of a fifth of the combinations of timbre, tempo class, mode, density and
    drums."""
    timbre = get_args(Timbre).index(tune.timbre)
    pace = get_args(Pace).index(tune.pace)
    mode = get_args(Mode).index(tune.mode)
    density = get_args(Density).index(tune.density)
    drums = get_args(Drums).index(tune.drums)
    return (timbre + 2 * pace + mode + 3 * density + drums) % 5 == 0
