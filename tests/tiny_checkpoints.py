"""Small random checkpoints of the kinds that the demo does not show."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    BertTokenizer,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    ClapProcessor,
    GemmaTokenizer,
    InstructBlipConfig,
    InstructBlipForConditionalGeneration,
    InstructBlipProcessor,
    RobertaTokenizer,
    Siglip2Config,
    Siglip2Model,
    Siglip2Processor,
    Siglip2Tokenizer,
    SiglipConfig,
    SiglipModel,
    SiglipProcessor,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil

from pipeline.demo.checkpoints import (
    QFORMER,
    QUERIES,
    SIDE,
    T5,
    TOWER,
    VISION,
    give_blip2_words,
    randomise,
)
from pipeline.demo.vocabulary import (
    WORDS,
    byte_fallback,
    byte_level,
    mistral_tokenizer,
    t5_tokenizer,
    word_ids,
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


def _save(folder: Path, model: torch.nn.Module, processor: Any) -> None:
    randomise(model)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
