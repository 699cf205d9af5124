"""How well the demo's checkpoints do on scenes and tunes that they were never trained on.

    python -m infra.demo_models.evaluate [--clips 120] [--checkpoints DIR]

Makes short videos in the formats of the demo's own, builds a dataset of them with the demo recipe's
steps, and prints what share of its captions and prompts is true.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from pathlib import Path
from threading import Event
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from infra.demo_models.sentences import LIGHTS, MOODS
from pipeline.acquire.governor import Governor
from pipeline.choose import Matcher, ScreenJob
from pipeline.cutting import cut_shard
from pipeline.demo.encoding import Format, Picture, encode, turn_clockwise
from pipeline.demo.held_out import scene_held_out, tune_held_out
from pipeline.demo.judging import (
    BARS,
    Floor,
    Rate,
    Rates,
    Told,
    below,
    floor,
    found,
    judge,
    ranked,
    told,
)
from pipeline.demo.scenes import draw_scene, render
from pipeline.demo.tunes import Tune, draw_tune, synthesise
from pipeline.demo.videos import DemoVideo, Plan, Shot
from pipeline.fetching import fetch_shard
from pipeline.inputs import ShardInputs
from pipeline.listing import list_videos
from pipeline.recipe import Recipe, load
from pipeline.run import run_part
from pipeline.stage import Failure
from pipeline.stages.clip_score import ClipScore
from pipeline.steps import Step
from pipeline.store import Dataset

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "pipeline" / "demo" / "checkpoints"
FIRST_SCENE, FIRST_TUNE = 10_000_000, 20_000_000
"""Seeds from here on; training takes those below a million. They are apart, because a scene and a
tune of one seed are drawn from the same numbers."""
CHECKPOINTS = ("blip2", "clip", "lp_music_caps", "mistral")
SECONDS = 12.5
"""Of each video: room for one window of ten seconds."""
FPS = Fraction(5)
FORMATS: tuple[dict[str, Any], ...] = (
    {},
    {"rate": 48_000},
    {"rate": 48_000, "container": "webm"},
    {"trouble": "portrait"},
    {"width": 360, "height": 480, "rate": 48_000},
)
"""What videos differ in, in turn, from a wide mp4 with AAC at 44.1 kHz: as the demo's `PLANS`."""
SECTIONS = """\
[dataset]
path = "dataset"
seed = 7
eval_fraction = 0
[source.held_out]
kind = "folder"
path = "videos"
[screen]
min_motion = 0
min_moving = 0
min_bandwidth_hz = 0
max_silence = 0
[duplicates]
title_similarity = 0
audio_similarity = 0
frame_similarity = 0
[cut]
clips_per_video = 1
"""
MODELS = {
    "shape and colour": "BLIP-2",
    "style": "BLIP-2",
    "tempo and timbre": "LP-MusicCaps",
    "subject in prompt": "Mistral",
    "prompt checks": "Mistral",
    "pairs ranked right": "CLIP",
    "prompt found by its frame": "CLIP",
    "true subject in prompt": "BLIP-2 and Mistral",
    "shape": "BLIP-2",
    "colour": "BLIP-2",
    "count": "BLIP-2",
    "background": "BLIP-2",
    "weather": "BLIP-2",
    "time of day": "BLIP-2",
    "tempo": "LP-MusicCaps",
    "timbre": "LP-MusicCaps",
    "density": "LP-MusicCaps",
    "drums": "LP-MusicCaps",
    "mood follows the tune": "LP-MusicCaps and Mistral",
    "light follows the tune": "LP-MusicCaps and Mistral",
}
"""Who must be right for each rate, in the order of the table."""

T = TypeVar("T")


@dataclass(frozen=True)
class Evaluation:
    """A dataset of videos about which everything is known."""

    dataset: Dataset
    recipe: Recipe
    made: tuple[DemoVideo, ...]

    def told(self) -> list[Told]:
        """Its clips, as judged now."""
        return told(self.dataset, self.recipe, self.made)


def held_out_videos(clips: int) -> list[DemoVideo]:
    """One video for each clip, of one held-out scene and one held-out tune."""
    scenes = filter(scene_held_out, map(draw_scene, count(FIRST_SCENE)))
    tunes = filter(tune_held_out, map(draw_tune, count(FIRST_TUNE)))
    videos = []
    for number, (scene, tune) in enumerate(islice(zip(scenes, tunes, strict=False), clips)):
        usual = {"width": 480, "height": 270, "fps": FPS}
        name = f"held-out-{number:04}"
        options = usual | FORMATS[number % len(FORMATS)]
        plan = Plan(name, name, scene.style, tune.timbre, SECONDS, **options)
        videos.append(DemoVideo(plan, SECONDS, (Shot(0.0, scene),), tune))
    return videos


def write_video(folder: Path, video: DemoVideo) -> None:
    """Encode one of the videos into a folder."""
    plan, path = video.plan, folder / video.file
    kind = Format(plan.container, plan.width, plan.height, plan.fps, plan.rate)
    # The tune goes on after the video's end, or half of the clips would hear it fade.
    sound = synthesise(cast(Tune, video.tune), video.seconds + 2, plan.rate)
    encode(path, kind, _pictures(video), sound[: round(video.seconds * plan.rate)])
    if plan.trouble == "portrait":
        turn_clockwise(path)


def _pictures(video: DemoVideo) -> Iterator[Picture]:
    plan = video.plan
    for number in range(int(video.seconds * plan.fps)):
        t = float(number / plan.fps)
        if plan.trouble == "portrait":
            upright = render(video.scene_at(t), t, plan.height, plan.width)
            yield np.ascontiguousarray(np.rot90(upright))
        else:
            yield render(video.scene_at(t), t, plan.width, plan.height)


def build(folder: Path, clips: int, checkpoints: Path = SHIPPED) -> Evaluation:
    """Make held-out videos in a folder, and the dataset of them: all that `framesong build` does
    but its report, in this process and without a history of runs.

    Args:
        folder: empty or absent.
        clips: how many.
        checkpoints: a folder with all `CHECKPOINTS`.
    """
    videos = folder / "videos"
    videos.mkdir(parents=True)
    made = held_out_videos(clips)
    for video in made:
        write_video(videos, video)
    (folder / "checkpoints").symlink_to(checkpoints.resolve(), target_is_directory=True)
    file = folder / "held_out.toml"
    file.write_text(SECTIONS + _steps(), encoding="utf-8")
    recipe = load(file)
    dataset = Dataset(recipe.root)
    _cut(dataset, recipe)
    for step in recipe.steps:
        for shard in dataset.shards():
            run_part(dataset, step, recipe.runnable(step.stage), shard)
    return Evaluation(dataset, recipe, tuple(made))


def _cut(dataset: Dataset, recipe: Recipe) -> None:
    governor = Governor(recipe.fetch, dataset.governor_state)
    list_videos(dataset, recipe, governor, lambda note: None)
    matcher = Matcher(dataset, recipe, dataset.shards())
    for shard in dataset.shards():
        fetch_shard(dataset, recipe, shard, governor, lambda media: None, Event())
        ScreenJob(recipe, 1)(shard, "cpu", lambda note: None)
        matcher.match(shard)
        cut_shard(dataset, recipe, shard)


def _steps() -> str:
    """The demo recipe's steps."""
    text = (ROOT / "flows" / "recipes" / "demo.toml").read_text(encoding="utf-8")
    return text[text.index("[stage.blip2]") :]


def all_rates(evaluation: Evaluation) -> Rates:
    """Of everything that is judged."""
    clips = evaluation.told()
    with_prompt = [clip for clip in clips if clip.prompt]
    step = evaluation.recipe.step("clip_score")
    stage = cast(ClipScore, evaluation.recipe.runnable(step.stage))
    cosines = all_cosines(evaluation.dataset, step, stage, with_prompt)
    return judge(clips) | _follows(clips) | compared(cosines, with_prompt)


def compared(cosines: npt.NDArray[np.float64], clips: Sequence[Told]) -> Rates:
    """The rates that CLIP decides, from `all_cosines`."""
    return {
        "pairs ranked right": ranked(cosines, clips),
        "prompt found by its frame": found(cosines, clips),
    }


def _follows(clips: Sequence[Told]) -> Rates:
    """How often a prompt's mood, and its light, are those of the tune."""
    prompts = [(clip.prompt.text.casefold(), clip.tune) for clip in clips if clip.prompt]
    heard = [(text, tune) for text, tune in prompts if tune]
    return {
        "mood follows the tune": _one_of(heard, MOODS, lambda tune: (tune.pace, tune.drums)),
        "light follows the tune": _one_of(heard, LIGHTS, lambda tune: tune.timbre),
    }


def _one_of(
    heard: Sequence[tuple[str, Tune]], phrases: dict[T, tuple[str, ...]], kind: Callable[[Tune], T]
) -> Rate:
    hits = sum(any(phrase in text for phrase in phrases[kind(tune)]) for text, tune in heard)
    return Rate(hits, len(heard))


def all_cosines(
    dataset: Dataset, step: Step, stage: ClipScore, clips: Sequence[Told]
) -> npt.NDArray[np.float64]:
    """Of each clip's frame with each clip's prompt, as the step's model sees and reads them:
    [clips, clips].

    Raises:
        RuntimeError: a frame cannot be decoded.
    """
    import torch

    from pipeline.models.clip import load as load_clip
    from pipeline.stages.decoding import decoded_frames

    clip = load_clip(Path(stage.model), "cpu")
    failures: list[Failure] = []
    seen: dict[str, torch.Tensor] = {}
    for shard in dataset.shards():
        for clip_id, image in decoded_frames(ShardInputs(dataset, step, shard), failures):
            seen[clip_id] = clip.embed_images([clip.prepare(image)])[0]
    if failures:
        raise RuntimeError(f"frames that cannot be decoded: {failures[:3]}")
    texts = [stage.text_prefix + one.prompt.text for one in clips if one.prompt]
    read, _ = clip.embed_texts(texts)
    frames = torch.stack([seen[one.clip_id] for one in clips])
    return (frames @ read.T).double().numpy()


def table(rates: Rates) -> str:
    """The rates as a Markdown table. Those below their bar are marked."""
    low = below(rates)
    lines = ["| what | model | held-out rate | clips | bar |", "|---|---|---|---|---|"]
    for name, model in MODELS.items():
        rate, bar = rates[name], f"{BARS[name]:.0%}" if name in BARS else ""
        share = f"**{rate.share:.1%}**, too low" if name in low else f"{rate.share:.1%}"
        unit = " pairs" if name == "pairs ranked right" else ""
        lines.append(f"| {name} | {model} | {share} | {rate.out_of:,}{unit} | {bar} |")
    return "\n".join(lines)


def report(rates: Rates, means: Floor) -> str:
    """The table, and what the stored scores say."""
    return (
        f"{table(rates)}\n\nMean cosine of prompts with their own frames {means.matched:.3f}, "
        f"with frames of other videos {means.shuffled:.3f}."
    )


def arguments(description: str) -> argparse.Namespace:
    """Of this command, and of `infra.demo_models.faults`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--clips", type=int, default=120, help="how many to judge, 2 or more")
    parser.add_argument(
        "--checkpoints", type=Path, default=SHIPPED, help=f"a folder with {', '.join(CHECKPOINTS)}"
    )
    given = parser.parse_args()
    if given.clips < 2:
        parser.error("--clips must be 2 or more: a prompt is compared with other clips' frames.")
    if missing := [name for name in CHECKPOINTS if not (given.checkpoints / name).is_dir()]:
        parser.error(f"{given.checkpoints} lacks {', '.join(missing)}.")
    return given


def main() -> None:
    """Print the table."""
    given = arguments("Rates of the demo's checkpoints on held-out scenes and tunes.")
    with tempfile.TemporaryDirectory() as scratch:
        evaluation = build(Path(scratch), given.clips, given.checkpoints)
        print(report(all_rates(evaluation), floor(evaluation.dataset, evaluation.recipe)))


if __name__ == "__main__":
    main()
