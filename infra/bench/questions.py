"""What it saves to look at a frame once for three questions, against three `generate` calls.

    python infra/bench/questions.py [--images 16] [--batch 4] [--tokens 20] [--repeats 3]
    python infra/bench/questions.py --full --device cuda:0 --images 512 --batch 64

Random weights, so that every answer has `--tokens` tokens. Prints how many images the vision tower
saw, the least CPU time (on a GPU: wall time) of each way in turn, and, over JPEG files of 1280 x
720, images/s and the share of the time that the model was not at work. `--full` has the shapes of
Salesforce/blip2-flan-t5-xl: 4 billion parameters, 8 GB in bfloat16; it is meant for a GPU.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from transformers import Blip2Config, Blip2ForConditionalGeneration, Blip2Processor
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

from infra.demo_models.vocabulary import t5_tokenizer
from pipeline.media.decode import decode_frame
from pipeline.models.batches import in_batches
from pipeline.models.blip2 import Blip2Model
from pipeline.models.devices import be_reproducible, dtype_for
from pipeline.stages.ahead import ahead
from pipeline.stages.blip2 import thesis_questions
from tests.inputs import jpeg

T5 = {
    "model_type": "t5",
    "feed_forward_proj": "gated-gelu",
    "tie_word_embeddings": False,
    "decoder_start_token_id": 0,
}
FLAN_T5_XL = T5 | {
    "vocab_size": 32128,
    "d_model": 2048,
    "d_kv": 64,
    "d_ff": 5120,
    "num_layers": 24,
    "num_decoder_layers": 24,
    "num_heads": 32,
}
"""As google/flan-t5-xl. The vision tower and Q-Former of that checkpoint are transformers'
defaults."""
MEDIUM = {
    "vision_config": {
        "hidden_size": 512,
        "intermediate_size": 2048,
        "num_hidden_layers": 13,
        "num_attention_heads": 8,
    },
    "qformer_config": {
        "hidden_size": 256,
        "intermediate_size": 1024,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "encoder_hidden_size": 512,
    },
    "text_config": T5
    | {
        "vocab_size": 8192,
        "d_model": 512,
        "d_kv": 64,
        "d_ff": 1280,
        "num_layers": 8,
        "num_decoder_layers": 8,
        "num_heads": 8,
    },
}
"""About a third of the full size in every direction, with its 257 patches and 32 queries."""


def random_model(shapes: dict[str, Any], device: str) -> Blip2Model:
    """A BLIP-2 that never says anything sensible, as fast as one that does."""
    be_reproducible()
    tokenizer = t5_tokenizer()
    images = BlipImageProcessorPil(size={"height": 224, "width": 224})
    processor = Blip2Processor(images, tokenizer, num_query_tokens=32)
    place = tokenizer.convert_tokens_to_ids("<image>")
    torch.manual_seed(0)
    torch.set_default_dtype(dtype_for(device))
    with torch.device(device):
        model = Blip2ForConditionalGeneration(Blip2Config(image_token_index=place, **shapes))
    torch.set_default_dtype(torch.float32)
    return Blip2Model(model.eval(), processor)


class Bench:
    """One model, asked in two ways."""

    def __init__(self, model: Blip2Model, tokens: int) -> None:
        self.model = model
        self.device = model.model.device
        self.prompts = {
            name: model.form.replace("{question}", question)
            for name, question in thesis_questions().items()
        }
        self.decoding = {
            "max_new_tokens": tokens,
            "min_new_tokens": tokens,
            "num_beams": 1,
            "do_sample": False,
        }
        self.seen = 0
        self.asking = 0.0
        model.model.vision_model.register_forward_hook(self._count)

    def _count(self, module: torch.nn.Module, args: Any, output: Any) -> None:
        self.seen += len(output[0])

    def at_once(self, images: list[torch.Tensor]) -> list[dict[str, str]]:
        """Three questions, as the stage asks them."""
        started = self._clock()
        answers = self.model.ask(images, self.prompts, **self.decoding)
        self.asking += self._clock() - started
        return answers

    def one_by_one(self, images: list[torch.Tensor]) -> list[dict[str, str]]:
        """The same with three calls of transformers' `generate`."""
        pixels = torch.stack(images).to(self.device, self.model.model.dtype)
        answers: list[dict[str, str]] = [{} for _ in images]
        for name, prompt in self.prompts.items():
            ids = torch.tensor(self.model._prompt_ids(prompt).tolist() * len(images))
            written = self.model.model.generate(
                pixel_values=pixels,
                input_ids=ids.to(self.device),
                attention_mask=torch.ones_like(ids).to(self.device),
                **self.decoding,
            )
            texts = self.model.processor.batch_decode(written, skip_special_tokens=True)
            for answer, text in zip(answers, texts, strict=True):
                answer[name] = text.strip()
        return answers

    def cost(self, work: Callable[[], object]) -> tuple[float, int]:
        """Seconds, and images seen."""
        self.seen = 0
        on_gpu = self.device.type == "cuda"
        clock = self._clock if on_gpu else time.process_time
        started = clock()
        work()
        return clock() - started, self.seen

    def stream(self, files: list[bytes], batch: int, depth: int) -> tuple[float, float]:
        """Images/s from JPEG files, and the share of the time spent outside the model.

        Args:
            depth: how many images are prepared ahead; 0 for none.
        """
        prepared: Iterable[torch.Tensor] = self._prepared(files)
        prepared = ahead(prepared, depth) if depth else prepared
        self.asking, started = 0.0, self._clock()
        answered = list(in_batches(prepared, batch, self.at_once, print))
        seconds = self._clock() - started
        return len(answered) / seconds, 1 - self.asking / seconds

    def _prepared(self, files: list[bytes]) -> Iterator[torch.Tensor]:
        return (self.model.prepare(decode_frame(data)) for data in files)

    def _clock(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--device", default="cpu")
    for option, default in (("images", 16), ("batch", 4), ("tokens", 20), ("repeats", 3)):
        parser.add_argument(f"--{option}", type=int, default=default)
    asked = parser.parse_args()
    shapes = {"text_config": FLAN_T5_XL} if asked.full else MEDIUM
    model = random_model(shapes, asked.device)
    bench = Bench(model, asked.tokens)
    files = [jpeg(number, (1280, 720)) for number in range(asked.images)]
    images = [model.prepare(decode_frame(data)) for data in files[: asked.batch]]

    same = bench.at_once(images) == bench.one_by_one(images)  # and both are warm now
    costs: dict[str, list[tuple[float, int]]] = {"one by one": [], "at once": []}
    for _ in range(asked.repeats):
        costs["one by one"].append(bench.cost(lambda: bench.one_by_one(images)))
        costs["at once"].append(bench.cost(lambda: bench.at_once(images)))
    unit = "wall s" if bench.device.type == "cuda" else "CPU s"
    parameters = sum(weights.numel() for weights in model.model.parameters())
    print(
        f"{parameters / 1e6:.0f} M parameters, {asked.device}, {model.model.dtype}, batch of ",
        end="",
    )
    print(f"{asked.batch}, 3 questions, {asked.tokens} tokens each; same answers: {same}\n")
    print(f"| questions | images seen | {unit} | ratio |\n|---|---|---|---|")
    best = {way: min(found) for way, found in costs.items()}
    for way, (seconds, seen) in best.items():
        print(f"| {way} | {seen} | {seconds:.2f} | {best['one by one'][0] / seconds:.2f} |")

    print("\n| frames | images/s | outside the model |\n|---|---|---|")
    for way, depth in (("decoded in turn", 0), ("decoded ahead", 2 * asked.batch)):
        rate, outside = bench.stream(files, asked.batch, depth)
        print(f"| {way} | {rate:.2f} | {outside:.1%} |")
    if bench.device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(bench.device) / 2**30
        print(f"\nPeak memory: {peak:.1f} GiB of {torch.cuda.get_device_name(bench.device)}.")


if __name__ == "__main__":
    main()
