"""Train the demo's BLIP-2 and CLIP on frames of random scenes.

    python -m infra.demo_models.vision [--out FOLDER] [--work FOLDER] [--seed 0]

45,000 scenes are drawn, one frame each; none is of a combination that `pipeline/demo/held_out.py`
keeps apart. A vision tower learns to tell what they show. BLIP-2's Q-Former and language model
learn to answer questions from what it sees. The same tower, used to CLIP's own normalisation and
to its cropped view, is then frozen, and CLIP's text tower learns to fit.

The frames and the first tower are kept in the work folder and used again if they are there:
delete it when scenes are drawn in another way. All of it took 4,830 CPU seconds, 42 minutes on
two cores: 8 for the frames, 15 for the tower, 11 for BLIP-2 and 8 for CLIP; 6.5 GB of memory, and
2.6 GB of disk for the frames. Two runs with the same seed gave the same bytes on the same
machine; another number of threads, or another processor, adds up in another order.
"""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import Blip2VisionConfig
from transformers.models.blip_2.modeling_blip_2 import Blip2VisionModel
from transformers.utils import logging

from infra.demo_models.blip2 import VISION, learn_to_answer, new_blip2
from infra.demo_models.clip import learn_to_compare, new_clip
from infra.demo_models.learning import ATTENTION
from infra.demo_models.pictures import Pictures, make_pictures, training_scenes
from infra.demo_models.tower import begin, clip_tower_from, learn_to_see
from infra.demo_models.used import Used

SCENES = 45_000
OUT = Path("pipeline/demo/checkpoints")
WORK = Path("build/demo_models")


def train(out: Path, work: Path, seed: int) -> None:
    """Write `blip2` and `clip` below the folder `out`."""
    logging.disable_progress_bar()
    work.mkdir(parents=True, exist_ok=True)
    used = Used()
    pictures = _pictures(work / f"pictures-{SCENES}.npz")
    print(f"{len(pictures.seeds):,} frames: {used}", flush=True)
    tower = _tower(work / f"tower-{seed}.safetensors", pictures, seed)
    print(f"The tower sees: {used}", flush=True)

    torch.manual_seed(seed)
    blip2, processor = new_blip2()
    blip2.vision_model.load_state_dict(tower.state_dict())
    learn_to_answer(blip2, processor, pictures, steps=1_500, rate=2e-3, seed=seed)
    _save(blip2, processor, out / "blip2")
    print(f"BLIP-2 answers: {used}", flush=True)

    torch.manual_seed(seed)
    clip, clip_processor = new_clip()
    clip_tower_from(tower, clip.vision_model)
    learn_to_see(clip.vision_model, pictures, (1,), steps=250, rate=5e-4, seed=seed)
    print(f"CLIP sees: {used}", flush=True)
    learn_to_compare(clip, clip_processor, pictures, steps=1_000, rate=1e-3, seed=seed)
    _save(clip, clip_processor, out / "clip")
    print(f"CLIP compares: {used}", flush=True)


def _save(model: Any, processor: Any, folder: Path) -> None:
    """Write a checkpoint in half precision."""
    model.half().save_pretrained(folder)
    model.float()
    processor.save_pretrained(folder)


def _pictures(path: Path) -> Pictures:
    names = [field.name for field in fields(Pictures)]
    if not path.exists():
        made = make_pictures(training_scenes(SCENES))
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **{name: getattr(made, name) for name in names})
        partial.rename(path)
    with np.load(path) as stored:
        return Pictures(**{name: stored[name] for name in names})


def _tower(path: Path, pictures: Pictures, seed: int) -> Blip2VisionModel:
    torch.manual_seed(seed)
    tower = Blip2VisionModel(Blip2VisionConfig(**VISION))
    tower.set_attn_implementation(ATTENTION)
    if path.exists():
        tower.load_state_dict(load_file(path))
        return tower.eval()
    begin(tower)
    learn_to_see(tower, pictures, (0, 1), steps=3_600, rate=2e-3, seed=seed)
    save_file(tower.state_dict(), path)
    return tower


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT, help="where the two folders go")
    parser.add_argument("--work", type=Path, default=WORK, help="where frames and tower are kept")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the order")
    arguments = parser.parse_args()
    train(arguments.out, arguments.work, arguments.seed)
