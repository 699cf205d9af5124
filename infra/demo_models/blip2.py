"""The demo's BLIP-2: to a vision tower that sees, a Q-Former and a T5 learn to answer questions.

As in the paper (Li et al. 2023, arXiv:2301.12597, section 3) the tower stays frozen while the
Q-Former learns to draw from it what a language model needs. There the language model is frozen as
well; here there is none to begin with, so both learn together from the answers.
"""

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Blip2Config, Blip2ForConditionalGeneration, Blip2Processor
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

from infra.demo_models.learning import ATTENTION, Learning, linear_matrices
from infra.demo_models.lexicon import seen_words
from infra.demo_models.pictures import PATCH, SIDE, Pictures, normalised
from infra.demo_models.sentences import QUESTIONS, answers
from infra.demo_models.vocabulary import t5_tokenizer
from pipeline.demo.scenes import draw_scene
from pipeline.models.blip2 import Blip2Model

QUERIES = 8
WIDTH = 128
BATCH = 256
LEADING = ("description", "prompt", "style")
"""What the demo's recipe asks; two of three questions in training are about these."""

VISION = {
    "hidden_size": WIDTH,
    "intermediate_size": 3 * WIDTH,
    "num_hidden_layers": 5,
    "num_attention_heads": 4,
    "image_size": SIDE,
    "patch_size": PATCH,
    "hidden_act": "gelu",
}
"""Of both vision towers."""
_SMALL = {
    "hidden_size": WIDTH,
    "intermediate_size": 2 * WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def new_blip2() -> tuple[Blip2ForConditionalGeneration, Blip2Processor]:
    """A BLIP-2 with a T5 language model, as `Salesforce/blip2-flan-t5-xl`, that knows nothing."""
    tokenizer = t5_tokenizer(seen_words())
    processor = Blip2Processor(
        BlipImageProcessorPil(size={"height": SIDE, "width": SIDE}),
        tokenizer,
        num_query_tokens=QUERIES,
    )
    config = Blip2Config(
        vision_config=VISION,
        qformer_config=_SMALL
        | {"encoder_hidden_size": WIDTH, "cross_attention_frequency": 1, "vocab_size": 64},
        text_config={
            "model_type": "t5",
            "vocab_size": len(tokenizer),
            "d_model": WIDTH,
            "d_kv": 32,
            "d_ff": 2 * WIDTH,
            "num_layers": 2,
            "num_decoder_layers": 2,
            "num_heads": 4,
            "feed_forward_proj": "gated-gelu",
            "dropout_rate": 0.0,
            "tie_word_embeddings": False,
            "decoder_start_token_id": 0,
        },
        num_query_tokens=QUERIES,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    model = Blip2ForConditionalGeneration(config)
    model.set_attn_implementation(ATTENTION)
    nn.init.normal_(model.query_tokens, std=0.02)
    return model, processor


def learn_to_answer(
    model: Blip2ForConditionalGeneration,
    processor: Blip2Processor,
    pictures: Pictures,
    steps: int,
    rate: float,
    seed: int,
) -> None:
    """Train all but the vision tower on questions and answers about the pictures."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    features = _features(model, pictures)
    scenes = [draw_scene(int(number)) for number in pictures.seeds]
    model.vision_model.requires_grad_(False)
    language = model.language_model
    matrices = linear_matrices(model.qformer, language.encoder, language.decoder)
    learning = Learning((model,), matrices, steps, rate)
    tokenizer = processor.tokenizer
    model.train()
    for _ in range(steps):
        rows = rng.integers(len(scenes), size=BATCH)
        asked = [_ask(rng) for _ in rows]
        said = [answers(scenes[row], rng)[kind] for row, (kind, _) in zip(rows, asked, strict=True)]
        seen = features[rows].float()
        with torch.autocast("cpu", torch.bfloat16):
            loss = _loss(model, tokenizer, seen, [text for _, text in asked], said)
        learning.step({"answers": loss})
    model.eval()


@torch.no_grad()
def _features(model: Blip2ForConditionalGeneration, pictures: Pictures) -> Tensor:
    """What the tower makes of each pressed view: [N, tokens, width]."""
    views = pictures.views[0]
    seen = []
    for start in range(0, len(views), 250):
        with torch.autocast("cpu", torch.bfloat16):
            tokens = model.vision_model(normalised(views[start : start + 250])).last_hidden_state
        seen.append(tokens.half())
    return torch.cat(seen)


def _ask(rng: np.random.Generator) -> tuple[str, str]:
    """What is wanted, and the text that asks for it in the form that BLIP-2 is given."""
    kinds = list(LEADING if rng.random() < 0.67 else QUESTIONS)
    kind = kinds[int(rng.integers(len(kinds)))]
    options = QUESTIONS[kind]
    question = options[0 if rng.random() < 0.5 else int(rng.integers(len(options)))]
    return kind, Blip2Model.form.format(question=question)


def _loss(
    model: Blip2ForConditionalGeneration,
    tokenizer: object,
    seen: Tensor,
    questions: list[str],
    said: list[str],
) -> Tensor:
    queries = model.query_tokens.expand(len(seen), -1, -1)
    read = model.qformer(query_embeds=queries, encoder_hidden_states=seen).last_hidden_state
    image = model.language_projection(read)
    asked = tokenizer(questions, return_tensors="pt", padding=True)
    wanted = tokenizer(said, return_tensors="pt", padding=True)
    words = model.get_input_embeddings()(asked["input_ids"])
    labels = wanted["input_ids"].masked_fill(wanted["attention_mask"] == 0, -100)
    mask = torch.cat([torch.ones(image.shape[:2], dtype=torch.long), asked["attention_mask"]], 1)
    output = model.language_model(
        inputs_embeds=torch.cat([image, words.to(image.dtype)], dim=1),
        attention_mask=mask,
        labels=labels,
    )
    return output.loss
