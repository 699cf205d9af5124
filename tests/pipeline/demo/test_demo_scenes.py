from collections import Counter
from dataclasses import replace
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.demo.looks import (
    COLOURS,
    Background,
    Colour,
    Motion,
    Shape,
    Style,
    TimeOfDay,
    Weather,
)
from pipeline.demo.scenes import Scene, draw_scene, places, render

SIMPLE = Scene(
    shape="circle",
    colour="red",
    count=1,
    size=0.9,
    motion="drifting",
    tempo=0.25,
    style="flat",
    background="plain",
    weather="clear",
    time_of_day="day",
    seed=1,
)
MANY = [draw_scene(seed) for seed in range(300)]


def near(picture: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    return np.abs(picture.astype(int) - colour).max(axis=2) < 40


def test_the_same_seed_gives_the_same_scene_and_the_same_picture() -> None:
    scene = draw_scene(5)
    first = render(scene, 1.2, 160, 90)
    for other in range(40):  # so that what was kept from the first call is forgotten
        render(draw_scene(other), 0.0, 32, 18)
    assert draw_scene(5) == scene
    assert np.array_equal(render(scene, 1.2, 160, 90), first)


def test_two_seeds_give_two_pictures() -> None:
    assert draw_scene(1) != draw_scene(2)
    one, other = (render(draw_scene(seed), 0.0, 160, 90) for seed in (1, 2))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("style", get_args(Style))
def test_a_picture_has_the_size_that_is_asked_for_in_every_style(style: Style) -> None:
    for width, height in ((161, 91), (90, 160)):
        picture = render(draw_scene(3, style), 0.4, width, height)
        assert picture.shape == (height, width, 3)
        assert picture.dtype == np.uint8


@pytest.mark.parametrize(
    "change",
    [
        *({"shape": shape} for shape in get_args(Shape) if shape != "circle"),
        *({"style": style} for style in get_args(Style) if style != "flat"),
        *({"background": ground} for ground in get_args(Background) if ground != "plain"),
        *({"weather": weather} for weather in get_args(Weather) if weather != "clear"),
        *({"time_of_day": time} for time in get_args(TimeOfDay) if time != "day"),
        {"count": 2},
        {"colour": "blue"},
    ],
    ids=str,
)
def test_every_word_about_a_scene_can_be_seen(change: dict[str, object]) -> None:
    changed = render(replace(SIMPLE, **change), 0.0, 320, 180).astype(int)
    assert (np.abs(changed - render(SIMPLE, 0.0, 320, 180)).max(axis=2) > 24).mean() > 0.005


@pytest.mark.parametrize("colour", get_args(Colour))
def test_a_shape_has_its_colour_and_its_area(colour: Colour) -> None:
    picture = render(replace(SIMPLE, colour=colour), 0.0, 320, 180)
    [(_, _, radius, _)] = places(SIMPLE, 0.0, 320, 180)
    assert near(picture, COLOURS[colour]).sum() == pytest.approx(np.pi * radius**2, rel=0.05)


@pytest.mark.parametrize("motion", get_args(Motion))
def test_every_motion_moves(motion: Motion) -> None:
    scene = replace(SIMPLE, shape="triangle", motion=motion)
    assert not np.array_equal(render(scene, 0.0, 160, 90), render(scene, 0.6, 160, 90))


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (120, 90)])
def test_every_shape_is_in_view_and_hides_no_other(width: int, height: int) -> None:
    for scene in MANY:
        for t in (0.0, 0.7, 1.9):
            placed = list(places(scene, t, width, height))
            assert len(placed) == scene.count
            for i, (x, y, radius, _) in enumerate(placed):
                assert radius >= 0.06 * min(width, height)
                assert radius <= x <= width - radius
                assert radius <= y <= height - radius
                for other_x, other_y, other_radius, _ in placed[:i]:
                    assert np.hypot(x - other_x, y - other_y) >= 0.98 * (radius + other_radius)


def test_all_words_are_drawn_and_stars_shine_on_clear_nights_only() -> None:
    for field in ("shape", "colour", "style", "background", "weather", "time_of_day", "motion"):
        drawn = Counter(getattr(scene, field) for scene in MANY)
        assert set(drawn) == set(get_args(Scene.__annotations__[field])), field
    starry = [scene for scene in MANY if scene.background == "stars"]
    assert {(scene.time_of_day, scene.weather) for scene in starry} == {("night", "clear")}
    neon = [scene for scene in MANY if scene.style == "neon"]
    assert {scene.time_of_day for scene in neon} == {"sunset", "night"}


def test_a_style_can_be_kept_to() -> None:
    assert {draw_scene(seed, "sketch").style for seed in range(20)} == {"sketch"}
