"""Small random checkpoints of language encoders, in the forms that are released."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertModel,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaTokenizer,
)

from infra.demo_models.vocabulary import byte_level
from tests.random_checkpoints import TOWER, randomise
from tests.tiny_checkpoints import bert_tokenizer

_LAYERS = {"num_hidden_layers": 4}


def make_roberta(folder: Path, places: int = 514) -> None:
    """As `FacebookAI/roberta-large`: a masked language model, without a pooler.

    Args:
        places: tokens of the context and two more, from which RoBERTa counts.
    """
    vocab, merges = byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer = RobertaTokenizer(vocab=vocab, merges=merges)
    options = {"vocab_size": len(tokenizer), "max_position_embeddings": places}
    _save(folder, RobertaForMaskedLM(RobertaConfig(**TOWER | _LAYERS | options)), tokenizer)


def make_bert(folder: Path) -> None:
    """As `google-bert/bert-base-uncased`."""
    tokenizer = bert_tokenizer()
    options = {"vocab_size": len(tokenizer)}
    _save(folder, BertModel(BertConfig(**TOWER | _LAYERS | options)), tokenizer)


def drop_weights(folder: Path, part: str) -> None:
    """Take the weights whose names contain `part` out of a checkpoint."""
    path = folder / "model.safetensors"
    kept = {name: weight for name, weight in load_file(path).items() if part not in name}
    save_file(kept, path, metadata={"format": "pt"})


def _save(folder: Path, model: torch.nn.Module, tokenizer: Any) -> None:
    randomise(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
