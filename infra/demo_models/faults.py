"""What deliberate faults do to the rates of the demo's checkpoints.

    python -m infra.demo_models.faults [--clips 120] [--checkpoints DIR]

Each fault is put into the pipeline's own code in one place. The step that it concerns then runs
again on the held-out dataset of `infra.demo_models.evaluate`, and its rows are judged as ever; of
`clip_score`, the frames as its model sees them are compared with all prompts. A fault that leaves
all rates above their bars would be one that the demo cannot show.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import numpy as np
from PIL import Image

from infra.demo_models.evaluate import Evaluation, all_cosines, arguments, build, compared
from pipeline.demo.judging import BARS, Rate, Rates, below, judge
from pipeline.media import decode
from pipeline.models.blip2 import Blip2Model
from pipeline.models.clip import ClipModel
from pipeline.models.language.local import Loaded, LocalModel
from pipeline.run import run_part
from pipeline.stage import Failure, Inputs, Stage
from pipeline.stages import decoding
from pipeline.stages.clip_score import ClipScore
from pipeline.store import Dataset

DECIDES: dict[str, tuple[str, ...]] = {
    "blip2": ("shape and colour", "style"),
    "lp_music_caps": ("tempo and timbre",),
    "summarise": ("subject in prompt",),
    "clip_score": ("pairs ranked right", "prompt found by its frame"),
}
"""The rates that each step decides and a fault can lower."""

Fault = Callable[[Stage, Path], AbstractContextManager[Stage]]
"""While the block runs, the pipeline has the fault; the block gets the stage to run. The path is an
empty folder to use."""


@contextmanager
def red_for_blue(stage: Stage, scratch: Path) -> Iterator[Stage]:
    """Frames enter the model as BGR."""
    owner = ClipModel if isinstance(stage, ClipScore) else Blip2Model
    prepare = owner.prepare

    def wrong(self: Any, image: Image.Image) -> Any:
        return prepare(self, Image.fromarray(np.ascontiguousarray(np.asarray(image)[..., ::-1])))

    with patch.object(owner, "prepare", wrong):
        yield stage


def option_of_images(**options: Any) -> Fault:
    """Frames are prepared with other options than those that the checkpoint was trained with."""

    @contextmanager
    def fault(stage: Stage, scratch: Path) -> Iterator[Stage]:
        changed = scratch / "checkpoint"
        shutil.copytree(cast(ClipScore, stage).model, changed)
        for file in changed.glob("*processor_config.json"):
            settings = json.loads(file.read_text(encoding="utf-8"))
            settings.get("image_processor", settings).update(options)
            file.write_text(json.dumps(settings), encoding="utf-8")
        yield replace(stage, model=str(changed))

    return fault


def rate_mistaken(heard: float) -> Fault:
    """Sound at the rate `heard`, in Hz, enters the model as if it were at 16 kHz."""

    @contextmanager
    def fault(stage: Stage, scratch: Path) -> Iterator[Stage]:
        real = decode.decode_audio
        with patch.object(decode, "decode_audio", lambda data, rate: real(data, round(heard))):
            yield stage

    return fault


@contextmanager
def media_of_the_next_clip(stage: Stage, scratch: Path) -> Iterator[Stage]:
    """Each clip gets the frame and the sound of the clip after it."""
    real = decoding.expected_samples

    def shifted(inputs: Inputs, failures: list[Failure]) -> Iterator[Any]:
        pairs = list(real(inputs, failures))
        samples = [sample for _, sample in pairs]
        yield from zip([clip for clip, _ in pairs], _turned(samples), strict=True)

    with patch.object(decoding, "expected_samples", shifted):
        yield stage


@contextmanager
def answers_swapped(stage: Stage, scratch: Path) -> Iterator[Stage]:
    """What is said about the style is stored as the description, and the other way round."""
    real = Blip2Model.ask
    other = {"description": "style", "style": "description"}

    def wrong(self: Any, images: Any, prompts: Any, **decoding: Any) -> list[dict[str, str]]:
        return [
            {name: answers[other.get(name, name)] for name in answers}
            for answers in real(self, images, prompts, **decoding)
        ]

    with patch.object(Blip2Model, "ask", wrong):
        yield stage


@contextmanager
def prompt_of_the_next_clip(stage: Stage, scratch: Path) -> Iterator[Stage]:
    """The prompts are shifted by one row."""
    real = LocalModel.answer

    def wrong(self: LocalModel, requests: Any) -> Any:
        return _turned(real(self, requests))

    with patch.object(LocalModel, "answer", wrong):
        yield stage


@contextmanager
def padded_on_the_right(stage: Stage, scratch: Path) -> Iterator[Stage]:
    """Shorter messages of a batch are filled up after their end, and the filling is read."""
    real = Loaded.continuations

    def wrong(self: Loaded, prompts: list[list[int]], seeds: Any, sampling: Any) -> Any:
        width, end = max(map(len, prompts)), self.tokenizer.eos_token_id
        filled = [ids + [end] * (width - len(ids)) for ids in prompts]
        return real(self, filled, seeds, sampling)

    with patch.object(Loaded, "continuations", wrong):
        yield stage


HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
"""As vision transformers of other families are used to."""


def _turned(items: Sequence[Any]) -> list[Any]:
    return [*items[1:], *items[:1]]


FAULTS: dict[tuple[str, str], Fault] = {
    ("blip2", "BGR for RGB"): red_for_blue,
    ("blip2", "mean and standard deviation left out"): option_of_images(do_normalize=False),
    ("blip2", "mean and standard deviation of 0.5"): option_of_images(**HALF),
    ("blip2", "frames of the next clip"): media_of_the_next_clip,
    ("blip2", "answers about style and content swapped"): answers_swapped,
    ("lp_music_caps", "48 kHz taken for 16 kHz"): rate_mistaken(48_000),
    ("lp_music_caps", "22.05 kHz taken for 16 kHz"): rate_mistaken(22_050),
    ("lp_music_caps", "44.1 kHz taken for 48 kHz"): rate_mistaken(16_000 * 44_100 / 48_000),
    ("lp_music_caps", "sound of the next clip"): media_of_the_next_clip,
    ("summarise", "prompts shifted by one row"): prompt_of_the_next_clip,
    ("summarise", "messages padded on the right"): padded_on_the_right,
    ("clip_score", "BGR for RGB"): red_for_blue,
    ("clip_score", "mean and standard deviation left out"): option_of_images(do_normalize=False),
    ("clip_score", "mean and standard deviation of 0.5"): option_of_images(**HALF),
    ("clip_score", "frames of the next clip"): media_of_the_next_clip,
}
"""By the step that each concerns, and what people call it."""


def rates_with(evaluation: Evaluation, step_name: str, fault: Fault) -> Rates:
    """The rates that a step's rows decide, when it runs with a fault. The dataset stays as it is.

    Raises:
        RuntimeError: a frame cannot be decoded.
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        other = _copy(evaluation, scratch / "dataset")
        step = evaluation.recipe.step(step_name)
        with fault(evaluation.recipe.runnable(step.stage), scratch) as stage:
            if isinstance(stage, ClipScore):
                clips = [clip for clip in evaluation.told() if clip.prompt]
                cosines = all_cosines(other.dataset, step, stage, clips)
                return compared(cosines, clips)
            for shard in other.dataset.shards():
                run_part(other.dataset, step, stage, shard)
        rates = judge(other.told())
        return {name: rates[name] for name in DECIDES[step_name]}


def _copy(evaluation: Evaluation, root: Path) -> Evaluation:
    """The same dataset with tables of its own. No step writes to its shards."""
    shutil.copytree(evaluation.dataset.root / "tables", root / "tables")
    (root / "shards").symlink_to(evaluation.dataset.root / "shards", target_is_directory=True)
    return replace(evaluation, dataset=Dataset(root))


def row(step: str, fault: str, rates: Rates) -> str:
    """One row of the table. Rates below their bar are marked."""
    low = below(rates)
    said = ", ".join(_cell(name, rate, name in low) for name, rate in rates.items())
    bars = ", ".join(f"{BARS[name]:.0%}" for name in rates)
    return f"| {fault} | `{step}` | {said} | {bars} |"


def _cell(name: str, rate: Rate, low: bool) -> str:
    share = f"{rate.share:.1%}"
    return f"{name} **{share}**" if low else f"{name} {share}"


def main() -> None:
    """Print the table."""
    given = arguments("What deliberate faults do to the rates of the demo's checkpoints.")
    with tempfile.TemporaryDirectory() as scratch:
        evaluation = build(Path(scratch), given.clips, given.checkpoints)
        print("| fault | step | rates with it (bold: below the bar) | bar |\n|---|---|---|---|")
        for (step, name), fault in FAULTS.items():
            print(row(step, name, rates_with(evaluation, step, fault)), flush=True)


if __name__ == "__main__":
    main()
