"""Small checkpoints with random weights, of the kinds that `tests.random_checkpoints` lacks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    BertTokenizer,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    ClapProcessor,
    CLIPModel,
    CLIPProcessor,
    GemmaTokenizer,
    GenerationConfig,
    InstructBlipConfig,
    InstructBlipForConditionalGeneration,
    InstructBlipProcessor,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    Qwen2Tokenizer,
    RobertaTokenizer,
    Siglip2Config,
    Siglip2Model,
    Siglip2Processor,
    Siglip2Tokenizer,
    SiglipConfig,
    SiglipModel,
    SiglipProcessor,
    WhisperFeatureExtractor,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil

from infra.demo_models.vocabulary import (
    WORDS,
    byte_fallback,
    byte_level,
    mistral_tokenizer,
    t5_tokenizer,
    word_ids,
)
from tests.random_checkpoints import (
    QFORMER,
    QUERIES,
    SIDE,
    T5,
    TOWER,
    VISION,
    give_blip2_words,
    make_blip2_opt,
    make_clip,
    randomise,
)


def make_instructblip_t5(folder: Path) -> None:
    """As `Salesforce/instructblip-flan-t5-xl`."""
    _make_instructblip(folder, t5_tokenizer(), T5)


def make_instructblip_vicuna(folder: Path) -> None:
    """As `Salesforce/instructblip-vicuna-7b`, whose tokenizer knows no token but `</s>` to begin a
    text, to end it, and for what it does not know."""
    tokenizer = mistral_tokenizer()
    end = {"bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>"}
    tokenizer.add_special_tokens(end | {"pad_token": "[PAD]"})
    tokenizer.update_post_processor()
    text = {
        "model_type": "llama",
        "vocab_size": len(tokenizer) + 7,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 256,
        "bos_token_id": 1,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    _make_instructblip(folder, tokenizer, text)


def _make_instructblip(folder: Path, tokenizer: Any, text: dict[str, Any]) -> None:
    reader = bert_tokenizer()
    images = BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    processor = InstructBlipProcessor(images, tokenizer, reader, num_query_tokens=QUERIES)
    config = InstructBlipConfig(
        vision_config=VISION,
        qformer_config=QFORMER | {"vocab_size": len(reader)},
        text_config=text,
        num_query_tokens=QUERIES,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    model = InstructBlipForConditionalGeneration(config)
    give_blip2_words(model, word_ids(tokenizer.get_vocab(), "\u2581{}"), tokenizer.eos_token_id)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def bert_tokenizer() -> BertTokenizer:
    """A WordPiece tokenizer as `bert-base-uncased`, with the `[DEC]` that Q-Formers add."""
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    pieces += [f"##{letter}" for letter in letters] + [word for word in WORDS if len(word) > 1]
    vocab = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = BertTokenizer(vocab=vocab)
    tokenizer.add_special_tokens({"bos_token": "[DEC]"})
    return tokenizer


def make_siglip(folder: Path, tokenizer: Any = None) -> None:
    """As `google/siglip2-base-patch16-224`, a SigLIP 2 of one resolution with Gemma's tokenizer,
    which knows capitals. With another tokenizer, as `google/siglip-base-patch16-224`."""
    tokenizer = gemma_tokenizer(GemmaTokenizer) if tokenizer is None else tokenizer
    text = TOWER | {"vocab_size": len(tokenizer), "projection_size": 64}
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=VISION))
    images = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    _save(folder, model, SiglipProcessor(images, tokenizer))


def make_siglip2(folder: Path) -> None:
    """As `google/siglip2-base-patch16-naflex`, which keeps an image's proportions."""
    tokenizer = gemma_tokenizer(Siglip2Tokenizer)
    text = TOWER | {"vocab_size": len(tokenizer), "projection_size": 64}
    vision = TOWER | {"num_patches": 16, "patch_size": 16}
    model = Siglip2Model(Siglip2Config(text_config=text, vision_config=vision))
    images = Siglip2ImageProcessorPil()
    _save(folder, model, Siglip2Processor(images, tokenizer))


def gemma_tokenizer(kind: Any) -> Any:
    """As SigLIP 2's: an end token, no start token. Its class pads at the left."""
    vocab, merges = byte_fallback(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"])
    return kind(vocab=vocab, merges=merges, add_bos_token=False, add_eos_token=True)


def make_clap(folder: Path, fusion: bool = False) -> None:
    """As `laion/larger_clap_music`; with `fusion`, as `laion/clap-htsat-fused`."""
    vocab, merges = byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer = RobertaTokenizer(vocab=vocab, merges=merges)
    text = TOWER | {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 514,
        "projection_dim": 32,
    }
    audio = {
        "patch_embeds_hidden_size": 16,
        "hidden_size": 32,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "projection_dim": 32,
        "enable_fusion": fusion,
        "aff_block_r": 2,
    }
    model = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=32))
    extractor = ClapFeatureExtractor(truncation="fusion" if fusion else "rand_trunc")
    _save(folder, model, ClapProcessor(extractor, tokenizer))


def make_vllm_blip2(folder: Path) -> None:
    """As `Salesforce/blip2-opt-2.7b`, with heads as wide as vLLM's attention wants them at least:
    the same matrices, read as 2 heads of 32 instead of 4 of 16."""
    make_blip2_opt(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["text_config"]["num_attention_heads"] = 2
    path.write_text(json.dumps(config), encoding="utf-8")


def make_qwen2_audio(folder: Path) -> None:
    """As `Qwen/Qwen2-Audio-7B-Instruct`."""
    vocab, merges = byte_level(["<|endoftext|>"])
    tokenizer = Qwen2Tokenizer(vocab=vocab, merges=merges)
    marks = ["<|im_start|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]
    tokenizer.add_special_tokens({"eos_token": "<|im_end|>", "additional_special_tokens": marks})
    end = tokenizer.eos_token_id
    text = TOWER | {
        "model_type": "qwen2",
        "vocab_size": len(tokenizer),
        "hidden_size": 128,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "eos_token_id": end,
    }
    audio = {
        "d_model": 64,
        "encoder_layers": 2,
        "encoder_attention_heads": 4,
        "encoder_ffn_dim": 128,
    }
    place = tokenizer.convert_tokens_to_ids("<|AUDIO|>")
    config = Qwen2AudioConfig(audio_config=audio, text_config=text, audio_token_index=place)
    model = Qwen2AudioForConditionalGeneration(config)
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=0)
    extractor = WhisperFeatureExtractor(feature_size=config.audio_config.num_mel_bins)
    randomise(model)
    _let_speak(model.lm_head.weight, word_ids(tokenizer.get_vocab(), "\u0120{}"), end)
    model.save_pretrained(folder)
    Qwen2AudioProcessor(extractor, tokenizer).save_pretrained(folder)
    _name_as_released(folder / "model.safetensors")


@torch.no_grad()
def _let_speak(output: torch.Tensor, words: list[int], end: int) -> None:
    """Let only whole words and the end come out."""
    others = torch.ones(len(output), dtype=torch.bool)
    others[[*words, end]] = False
    output[others] = 0.0
    output[end] *= 1.7


def _name_as_released(path: Path) -> None:
    """transformers 5 reads the released names, but writes one `model.` too many."""
    weights = load_file(path)
    named = {
        name.replace("language_model.model.model.", "language_model.model."): weight
        for name, weight in weights.items()
    }
    save_file(named, path, metadata={"format": "pt"})


@torch.no_grad()
def make_seeing_clip(folder: Path, examples: list[tuple[Image.Image, str]]) -> None:
    """A small CLIP whose image projection is fitted so that pictures like these point where their
    texts do: random weights name what is shown at random."""
    make_clip(folder)
    model, processor = CLIPModel.from_pretrained(folder), CLIPProcessor.from_pretrained(folder)
    images, texts = ([example[side] for example in examples] for side in (0, 1))
    given = processor(text=texts, images=images, return_tensors="pt", padding=True)
    seen = model.vision_model(given["pixel_values"]).pooler_output
    said = model.get_text_features(given["input_ids"], given["attention_mask"]).pooler_output
    said = torch.nn.functional.normalize(said, dim=-1)
    model.visual_projection.weight.copy_(torch.linalg.lstsq(seen, said).solution.T)
    model.save_pretrained(folder)


@torch.no_grad()
def make_ast(folder: Path, talk: NDArray[np.float32], music: NDArray[np.float32]) -> None:
    """As `MIT/ast-finetuned-audioset-10-10-0.4593`, with three classes and a last layer that hears
    speech in what is like `talk` and music in what is like `music`: samples at 16 kHz."""
    names = dict(enumerate(("Speech", "Music", "Silence")))
    small = TOWER | {"max_length": 128, "num_mel_bins": 64, "id2label": names}
    model = ASTForAudioClassification(ASTConfig(**small)).eval()
    extractor = ASTFeatureExtractor(max_length=128, num_mel_bins=64)
    randomise(model)
    given = extractor([talk, music], sampling_rate=16_000, return_tensors="pt")
    heard = model.classifier.layernorm(model.audio_spectrogram_transformer(**given).pooler_output)
    model.classifier.dense.weight.zero_()
    model.classifier.dense.weight[0] = heard[0] - heard[1]
    model.classifier.dense.bias.zero_()
    model.classifier.dense.bias[1] = model.classifier.dense.weight[0] @ heard.mean(0)
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)


def _save(folder: Path, model: torch.nn.Module, processor: Any) -> None:
    randomise(model)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
