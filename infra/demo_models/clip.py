"""The demo's CLIP: a tower that sees already, and a text tower that learns to point where it looks.

The image tower stays as it is while the texts are aligned with it (Zhai et al. 2022, LiT,
arXiv:2111.07991). A text that says little, such as "pixel art", is true of many images of a batch:
all of them count as right (Yang et al. 2022, UniCL, arXiv:2204.03610).
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from transformers import CLIPConfig, CLIPModel, CLIPProcessor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from infra.demo_models.blip2 import VISION, WIDTH
from infra.demo_models.learning import ATTENTION, Learning, linear_matrices
from infra.demo_models.lexicon import seen_words
from infra.demo_models.pictures import ATTRIBUTES, SIDE, Pictures, normalised
from infra.demo_models.sentences import answers, full_prompt
from infra.demo_models.vocabulary import clip_tokenizer
from pipeline.demo.scenes import Scene, draw_scene
from pipeline.demo.tunes import draw_tune

BATCH = 512
PREFIX = "A photo depicts "
"""As CLIPScore was published with (Hessel et al. 2021); one text in ten has it."""
_SAID: dict[str, frozenset[str]] = {
    "full": frozenset(ATTRIBUTES),
    "prompt": frozenset(ATTRIBUTES),
    "description": frozenset(ATTRIBUTES) - {"style"},
    "style": frozenset({"style"}),
}
"""Which attributes a kind of text tells."""
_SHARES = {"full": 0.45, "prompt": 0.2, "description": 0.25, "style": 0.1}


def new_clip() -> tuple[CLIPModel, CLIPProcessor]:
    """A CLIP with a vision transformer, as `openai/clip-vit-base-patch32`, that knows nothing."""
    tokenizer = clip_tokenizer(sorted({word.lower() for word in seen_words()}))
    text = {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 77,
        "bos_token_id": 0,
        "eos_token_id": 2,  # as released: the end is found as the highest id
    }
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=VISION, projection_dim=WIDTH))
    model.set_attn_implementation(ATTENTION)
    images = CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    return model, CLIPProcessor(images, tokenizer)


def learn_to_compare(
    model: CLIPModel,
    processor: CLIPProcessor,
    pictures: Pictures,
    steps: int,
    rate: float,
    seed: int,
) -> None:
    """Train the text tower and both projections on texts about the pictures."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    features = _features(model, pictures)
    scenes = [draw_scene(int(number)) for number in pictures.seeds]
    labels = torch.from_numpy(pictures.labels)
    model.vision_model.requires_grad_(False)
    learning = Learning((model,), linear_matrices(model.text_model.encoder), steps, rate)
    kinds, shares = list(_SHARES), list(_SHARES.values())
    model.train()
    for _ in range(steps):
        rows = rng.choice(len(scenes), size=BATCH, replace=False)
        told = [kinds[n] for n in rng.choice(len(kinds), size=BATCH, p=shares)]
        texts = [_text(scenes[row], kind, rng) for row, kind in zip(rows, told, strict=True)]
        images = F.normalize(model.visual_projection(features[rows]), dim=1)
        tokens = processor.tokenizer(texts, return_tensors="pt", padding=True)
        with torch.autocast("cpu", torch.bfloat16):
            read = model.get_text_features(**tokens).pooler_output
        said = F.normalize(read.float(), dim=1)
        logits = model.logit_scale.exp().clamp(max=100) * said @ images.T
        true = _true(labels[rows], told)
        loss = (_matching(logits, true) + _matching(logits.T, true.T)) / 2
        learning.step({"pairs": loss})
    model.eval()


def _matching(logits: Tensor, true: Tensor) -> Tensor:
    """Cross entropy with all true columns of a row as its target."""
    target = true.float() / true.sum(dim=1, keepdim=True)
    return F.cross_entropy(logits, target)


def _true(labels: Tensor, told: list[str]) -> Tensor:
    """Whether text [B] is true of image [B]: [B, B]."""
    same = labels[:, None] == labels[None, :]
    tells = torch.tensor([[name in _SAID[kind] for name in ATTRIBUTES] for kind in told])
    return (same | ~tells[:, None]).all(dim=2)


def _text(scene: Scene, kind: str, rng: np.random.Generator) -> str:
    if kind == "full":
        tune = draw_tune(int(rng.integers(1_000_000))) if rng.random() < 0.85 else None
        text = full_prompt(scene, tune, rng)
    else:
        text = answers(scene, rng)[kind]
    return PREFIX + text if rng.random() < 0.1 else text


@torch.no_grad()
def _features(model: CLIPModel, pictures: Pictures) -> Tensor:
    """What the tower makes of each cropped view: [N, width]."""
    views = pictures.views[1]
    seen = []
    for start in range(0, len(views), 250):
        with torch.autocast("cpu", torch.bfloat16):
            pooled = model.vision_model(normalised(views[start : start + 250])).pooler_output
        seen.append(pooled.float())
    return torch.cat(seen)
