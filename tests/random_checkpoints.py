"""Small checkpoints with random weights, in exactly the formats of the released ones.

For tests of what does not depend on sense: they are made in a second, and say random English words.
Those of the demo, which see and hear, lie in `pipeline/demo/checkpoints`.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    BartConfig,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    CLIPConfig,
    CLIPModel,
    CLIPProcessor,
    GenerationConfig,
    MistralConfig,
    MistralForCausalLM,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.utils import logging

from infra.demo_models.vocabulary import (
    byte_level,
    clip_tokenizer,
    mistral_tokenizer,
    opt_tokenizer,
    t5_tokenizer,
    word_ids,
)
from pipeline.models.lp_music_caps import LpMusicCapsModel

QUERIES = 8
"""Query tokens of the small BLIP-2; the released ones have 32."""
SIDE = 64
"""Pixels of the small models' square images; 224 as released."""
TOWER = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
"""Of the small transformers that have these options."""
VISION = TOWER | {"image_size": SIDE, "patch_size": 16}
QFORMER = TOWER | {"encoder_hidden_size": 64, "vocab_size": 64}
T5 = {
    "model_type": "t5",
    "vocab_size": 448,
    "d_model": 64,
    "d_kv": 16,
    "d_ff": 128,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "feed_forward_proj": "gated-gelu",
    "tie_word_embeddings": False,
    "decoder_start_token_id": 0,
}


def make_checkpoints(folder: Path, seed: int = 0) -> None:
    """Write `blip2`, `clip`, `lp_music_caps` and `mistral` below `folder`: 4 checkpoints, the same
    bytes for the same seed."""
    logging.disable_progress_bar()
    with torch.random.fork_rng(devices=[]):
        for number, (name, make) in enumerate(_MAKERS.items()):
            torch.manual_seed(seed * len(_MAKERS) + number)
            make(folder / name)


def make_blip2_t5(folder: Path) -> None:
    """A BLIP-2 with a T5 language model, as `Salesforce/blip2-flan-t5-xl`."""
    tokenizer = t5_tokenizer()
    words = word_ids(tokenizer.get_vocab(), "\u2581{}")
    _make_blip2(folder, tokenizer, T5, words)


def make_blip2_opt(folder: Path) -> None:
    """A BLIP-2 with an OPT language model, as `Salesforce/blip2-opt-2.7b`."""
    tokenizer = opt_tokenizer()
    words = word_ids(tokenizer.get_vocab(), "\u0120{}")
    text = {
        "model_type": "opt",
        "vocab_size": 896,
        "hidden_size": 64,
        "word_embed_proj_dim": 64,
        "ffn_dim": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 256,
        "bos_token_id": 2,
        "eos_token_id": tokenizer.convert_tokens_to_ids("\u010a"),  # a newline, as released
        "pad_token_id": 1,
    }
    _make_blip2(folder, tokenizer, text, words)


def _make_blip2(folder: Path, tokenizer: Any, text: dict[str, Any], words: list[int]) -> None:
    images = BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    processor = Blip2Processor(images, tokenizer, num_query_tokens=QUERIES)
    config = Blip2Config(
        vision_config=VISION,
        qformer_config=QFORMER,
        text_config=text,
        num_query_tokens=QUERIES,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    model = Blip2ForConditionalGeneration(config)
    give_blip2_words(model, words, model.language_model.config.eos_token_id)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def give_blip2_words(model: Any, words: list[int], end: int) -> None:
    """Random weights for a BLIP-2 or InstructBLIP whose answers are made of `words`, up to the
    token `end`."""
    language = model.language_model
    if language.config.is_encoder_decoder:  # Flan-T5's output matrix is its own
        language.lm_head.weight = nn.Parameter(torch.empty_like(language.shared.weight))
    randomise(model)
    _speak(language.lm_head.weight, words, end)


def make_clip(folder: Path) -> None:
    """A CLIP with a vision transformer, as `openai/clip-vit-base-patch32`."""
    tokenizer = clip_tokenizer()
    text = TOWER | {"vocab_size": len(tokenizer), "bos_token_id": 0, "eos_token_id": 2}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=VISION, projection_dim=64))
    randomise(model)
    images = CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    model.save_pretrained(folder)
    CLIPProcessor(images, tokenizer).save_pretrained(folder)


def make_lp_music_caps(folder: Path) -> None:
    """An LP-MusicCaps checkpoint: a `.pth` file as on the hub, and `bart/` as `facebook/bart-base`
    has it."""
    vocab, merges = byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    config = BartConfig(
        vocab_size=len(vocab),
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        max_position_embeddings=160,
    )
    model = LpMusicCapsModel(config).eval()
    randomise(model)
    hearing = model.audio_encoder.conv1.weight
    with torch.no_grad():  # only differences between bands count, or the noise floor drowns them
        hearing -= hearing.mean(dim=1, keepdim=True)
    words = word_ids(vocab, "\u0120{}")
    _speak(model.bart.lm_head.weight, words, config.eos_token_id)
    bart = folder / "bart"
    bart.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(bart)
    (bart / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (bart / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (bart / "tokenizer_config.json").write_text("{}\n", encoding="utf-8")
    saved = {"epoch": 0, "state_dict": model.state_dict(), "optimizer": {}}
    torch.save(saved, folder / "transfer.pth")


def make_mistral(folder: Path) -> None:
    """A Mistral, as `mistralai/Mistral-7B-Instruct-v0.2`."""
    tokenizer = mistral_tokenizer()
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=32768,
        rope_theta=1e6,
        sliding_window=None,
        bos_token_id=1,
        eos_token_id=2,
    )
    model = MistralForCausalLM(config)
    randomise(model)
    words = word_ids(tokenizer.get_vocab(), "\u2581{}")
    _speak(model.lm_head.weight, words, config.eos_token_id, size=6.0)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


_MAKERS = {
    "blip2": make_blip2_t5,
    "clip": make_clip,
    "lp_music_caps": make_lp_music_caps,
    "mistral": make_mistral,
}


@torch.no_grad()
def randomise(model: nn.Module) -> None:
    """Matrices that keep the size of what they multiply, so that the output depends on all of the
    input. transformers' own start (0.02, and zero query tokens) would hide the image."""
    for module in model.modules():
        linear = isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d)
        for weights in module.parameters(recurse=False):
            if weights.dim() >= 2:
                weights.normal_(0.0, weights[0].numel() ** -0.5 if linear else 1.0)


@torch.no_grad()
def _speak(output: Tensor, words: list[int], end: int, size: float = 1.0) -> None:
    """Let only whole words and the end come out: other tokens score 0, below the best of hundreds
    of random words. The end is drawn out of them every twentieth time or so."""
    kept = torch.zeros(len(output), 1)
    kept[words] = size
    kept[end] = 1.7 * size
    output.mul_(kept)
