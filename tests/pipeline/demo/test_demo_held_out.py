from itertools import combinations

import pytest

from infra.demo_models.evaluate import FIRST_SCENE, held_out_videos
from pipeline.demo.held_out import scene_held_out, tune_held_out
from pipeline.demo.scenes import Scene, draw_scene
from pipeline.demo.tunes import Tune, draw_tune

SEEDS = range(4_000)
SCENES = [draw_scene(seed) for seed in SEEDS]
TUNES = [draw_tune(seed) for seed in SEEDS]


def look(scene: Scene) -> tuple[str, ...]:
    return scene.shape, scene.colour, scene.style, scene.background, scene.time_of_day


def sound(tune: Tune) -> tuple[str, ...]:
    return tune.timbre, tune.pace, tune.mode, tune.density, tune.drums


LOOKS = {look(scene): scene_held_out(scene) for scene in SCENES}
SOUNDS = {sound(tune): tune_held_out(tune) for tune in TUNES}


def test_a_seventh_of_the_looks_and_a_fifth_of_the_sounds_are_held_out() -> None:
    assert sum(LOOKS.values()) / len(LOOKS) == pytest.approx(1 / 7, abs=0.02)
    assert len(SOUNDS) == 324
    assert sum(SOUNDS.values()) == pytest.approx(324 / 5, abs=3)


def test_no_combination_is_on_both_sides() -> None:
    """Neither of looks nor of sounds, whatever else is drawn."""
    assert all(scene_held_out(scene) == LOOKS[look(scene)] for scene in SCENES)
    assert all(tune_held_out(tune) == SOUNDS[sound(tune)] for tune in TUNES)


@pytest.mark.parametrize("items", [LOOKS, SOUNDS], ids=["looks", "sounds"])
def test_every_pair_of_values_is_trained_on(items: dict[tuple[str, ...], bool]) -> None:
    trained = [item for item, held_out in items.items() if not held_out]
    for one, other in combinations(range(5), 2):
        pairs = {(item[one], item[other]) for item in items}
        assert {(item[one], item[other]) for item in trained} == pairs


def test_every_value_is_evaluated() -> None:
    videos = held_out_videos(120)
    scenes = [video.shots[0].scene for video in videos]
    tunes = [video.tune for video in videos if video.tune]
    assert all(map(scene_held_out, scenes))
    assert len(tunes) == len(videos)
    assert all(map(tune_held_out, tunes))
    for items, everything in ((scenes, SCENES), (tunes, TUNES)):
        keys = look if items is scenes else sound
        for seen, known in zip(
            zip(*map(keys, items), strict=True),
            zip(*map(keys, everything), strict=True),
            strict=True,
        ):
            assert set(seen) == set(known)


def test_the_scene_tells_nothing_of_the_tune_that_plays_with_it() -> None:
    """Of one seed, both would be drawn from the same numbers."""
    videos = held_out_videos(120)
    again = {draw_tune(seed) for seed in range(FIRST_SCENE, FIRST_SCENE + 1_500)}
    assert again.isdisjoint(video.tune for video in videos)


def test_the_formats_are_those_of_the_demo() -> None:
    plans = [video.plan for video in held_out_videos(5)]
    assert {plan.container for plan in plans} == {"mp4", "webm"}
    assert {plan.rate for plan in plans} == {44_100, 48_000}
    assert "portrait" in {plan.trouble for plan in plans}
    assert any(plan.height > plan.width for plan in plans)
