"""The vision towers: they learn to see by telling attributes of the scene, image by image and patch
by patch.

Captions alone are a weak teacher: a vision transformer that begins with nothing would have to
find out from them that shapes have corners. So the towers first learn to name each attribute
from the class token, and from each patch where the subject is in it, and what it is if it covers
the patch (token labels, Jiang et al. 2021, arXiv:2104.10858). The heads are thrown away.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import CLIPVisionModel
from transformers.models.blip_2.modeling_blip_2 import Blip2VisionModel

from infra.demo_models.learning import Learning, linear_matrices
from infra.demo_models.pictures import ATTRIBUTES, PATCH, SIDE, Pictures, normalised

BATCH = 128
HARD = 2.0
"""How much more shapes count than the rest, which is learnt sooner."""
MOVES = 4
"""Pixels by which a view is shifted at most, so that no pixel is learnt by heart."""
COVERED = 0.3
"""Share of a patch from which on the subject is said to cover it."""


@dataclass(frozen=True)
class Batch:
    """What is shown, and what is to be told about it."""

    pixels: Tensor
    """[B, 3, side, side], normalised."""
    labels: Tensor
    """[B, 7], as in `Pictures`."""
    tiles: Tensor
    """[B, patches, pixels of a patch]: 1 where the subject is."""
    middles: Tensor
    """[B, patches, 2]: from the middle of a patch to that of the nearest shape, x and y, as shares
    of the side."""


class Heads(nn.Module):
    """What the towers are asked while they learn to see."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.image = nn.ModuleList(nn.Linear(width, options) for options in ATTRIBUTES.values())
        self.tile = nn.Linear(width, PATCH * PATCH)
        self.middle = nn.Linear(width, 2)
        self.shape = nn.Linear(width, ATTRIBUTES["shape"])
        self.colour = nn.Linear(width, ATTRIBUTES["colour"])

    def losses(self, tokens: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Of tokens [B, 1 + patches, width], the first of which stands for the image."""
        image, patches = tokens[:, 0], tokens[:, 1:]
        told = {
            name: F.cross_entropy(head(image), batch.labels[:, n])
            for n, (name, head) in enumerate(zip(ATTRIBUTES, self.image, strict=True))
        }
        covered = batch.tiles.mean(dim=2) > COVERED
        subject = patches[covered]
        whose = covered.nonzero()[:, 0]
        told["shape"] = HARD * told["shape"]
        return told | {
            "tile": 4 * F.binary_cross_entropy_with_logits(self.tile(patches), batch.tiles),
            "middle": 10 * F.l1_loss(self.middle(subject), batch.middles[covered]),
            "patch shape": HARD * F.cross_entropy(self.shape(subject), batch.labels[whose, 0]),
            "patch colour": F.cross_entropy(self.colour(subject), batch.labels[whose, 1]),
        }


def learn_to_see(
    tower: nn.Module, pictures: Pictures, views: tuple[int, ...], steps: int, rate: float, seed: int
) -> None:
    """Train a tower whose `last_hidden_state` is [B, 1 + patches, width].

    Args:
        tower: of BLIP-2 or of CLIP.
        pictures: what it sees.
        views: which of the pictures' views; each image is shown in one of them.
        steps: of `BATCH` images.
        rate: the highest learning rate.
        seed: of the order, the shifts and the heads' start.
    """
    torch.manual_seed(seed)
    heads = Heads(tower.config.hidden_size)
    learning = Learning((tower, heads), linear_matrices(tower.encoder), steps, rate)
    tower.train()
    for batch in _batches(pictures, views, steps, seed):
        with torch.autocast("cpu", torch.bfloat16):
            tokens = tower(batch.pixels).last_hidden_state
        learning.step(heads.losses(seen(tower, tokens.float()), batch))
    tower.eval()


@torch.no_grad()
def begin(tower: Blip2VisionModel) -> None:
    """Weights to begin with that know where patches lie and look nearby.

    Places are waves along both axes (as in Beyer et al. 2022, arXiv:2205.01580), as large as what
    a patch shows, and queries begin equal to keys, so that each patch first attends to those
    beside it (after Trockman and Kolter 2023, arXiv:2305.09828).
    """
    across, width = SIDE // PATCH, tower.config.hidden_size
    lengths = 2.0 * 24.0 ** (torch.arange(width // 4) / (width // 4 - 1))
    angles = 2 * math.pi * torch.arange(across)[:, None] / lengths
    line = torch.cat([angles.sin(), angles.cos()], dim=1)
    places = torch.cat(
        [
            line[:, None].expand(across, across, -1),
            line[None, :].expand(across, across, -1),
        ],
        dim=2,
    )
    tower.embeddings.position_embedding.zero_()
    tower.embeddings.position_embedding[0, 1:] = places.reshape(across**2, width)
    nn.init.normal_(tower.embeddings.class_embedding, std=0.5)
    tower.embeddings.patch_embedding.weight.mul_(0.3)
    for layer in tower.encoder.layers:
        queries, keys, _ = layer.self_attn.qkv.weight.chunk(3)
        queries.normal_(std=0.07)
        keys.copy_(queries)


def seen(tower: nn.Module, tokens: Tensor) -> Tensor:
    """A tower's tokens as they are used: CLIP's normalisation comes after them."""
    if isinstance(tower, CLIPVisionModel):
        normalised_tokens: Tensor = tower.post_layernorm(tokens)
        return normalised_tokens
    return tokens


def _batches(pictures: Pictures, views: tuple[int, ...], steps: int, seed: int) -> Iterator[Batch]:
    rng = np.random.default_rng(seed)
    order = np.empty(0, np.int64)
    for _ in range(steps):
        if len(order) < BATCH:
            order = rng.permutation(len(pictures.labels))
        rows, order = order[:BATCH], order[BATCH:]
        view = views[int(rng.integers(len(views)))]
        pixels = pictures.views[view, rows]
        masks = np.unpackbits(pictures.masks[view, rows], axis=2)
        centres = pictures.centres[view, rows]
        if rng.random() < 0.5:  # in a mirror
            pixels, masks = pixels[:, :, ::-1], masks[:, :, ::-1]
            centres = np.abs(np.array((SIDE, 0), np.float32) - centres)
        right, down = rng.integers(-MOVES, MOVES + 1, 2).tolist()
        yield _batch(
            _moved(pixels, right, down),
            pictures.labels[rows],
            _moved(masks, right, down),
            centres + np.array((right, down), np.float32),
        )


def _moved(images: NDArray[np.uint8], right: int, down: int) -> NDArray[np.uint8]:
    """[B, side, side, …], shifted by some pixels; what comes in repeats the border."""
    edges = ((0, 0), (MOVES, MOVES), (MOVES, MOVES), *(((0, 0),) * (images.ndim - 3)))
    wide = np.pad(images, edges, mode="edge")
    top, left = MOVES - down, MOVES - right
    return np.ascontiguousarray(wide[:, top : top + SIDE, left : left + SIDE])


def _batch(
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    masks: NDArray[np.uint8],
    centres: NDArray[np.float32],
) -> Batch:
    across = SIDE // PATCH
    tiles = masks.reshape(-1, across, PATCH, across, PATCH).swapaxes(2, 3)
    middles = (np.arange(across, dtype=np.float32) + 0.5) * PATCH
    patches = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    away = centres[:, None] - patches[None, :, None]  # [B, patches, shapes, 2]
    nearest = np.hypot(away[..., 0], away[..., 1]).argmin(axis=2)
    chosen = np.take_along_axis(away, nearest[..., None, None], axis=2)[:, :, 0]
    return Batch(
        pixels=normalised(pixels),
        labels=torch.from_numpy(labels),
        tiles=torch.from_numpy(tiles.reshape(len(masks), across**2, -1)).float(),
        middles=torch.from_numpy(chosen / np.float32(SIDE)),
    )


@torch.no_grad()
def clip_tower_from(blip: Blip2VisionModel, clip: CLIPVisionModel) -> None:
    """Give CLIP's tower the weights of BLIP-2's. They are built alike but for CLIP's normalisation
    before the first layer, which the tower has to get used to afterwards."""
    mine, yours = clip.embeddings, blip.embeddings
    mine.class_embedding.copy_(yours.class_embedding.flatten())
    mine.patch_embedding.weight.copy_(yours.patch_embedding.weight)
    mine.position_embedding.weight.copy_(yours.position_embedding[0])
    mine.position_embedding.weight[1:] += yours.patch_embedding.bias
    for to, of in zip(clip.encoder.layers, blip.encoder.layers, strict=True):
        weights, biases = of.self_attn.qkv.weight.chunk(3), of.self_attn.qkv.bias.chunk(3)
        for n, part in enumerate((to.self_attn.q_proj, to.self_attn.k_proj, to.self_attn.v_proj)):
            part.weight.copy_(weights[n])
            part.bias.copy_(biases[n])
        to.self_attn.out_proj.load_state_dict(of.self_attn.projection.state_dict())
        to.layer_norm1.load_state_dict(of.layer_norm1.state_dict())
        to.layer_norm2.load_state_dict(of.layer_norm2.state_dict())
        to.mlp.load_state_dict(of.mlp.state_dict())
    clip.post_layernorm.load_state_dict(blip.post_layernorm.state_dict())
