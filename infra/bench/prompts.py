"""What it saves a language-model server when the clips of a shard share their example prompts.

    python infra/bench/prompts.py [--clips 100] [--concurrency 16 64] [--url URL --model NAME]

Writes prompts for one shard of made-up captions with stage `summarise`, once with
`examples_per = "clip"` and once with `"shard"`, and prints what the server counted: requests
that it worked on at once, tokens read and written a second, and the share of those read that its
prefix cache had. Each run has a seed of its own, and so other examples. Without `--url` it starts
vLLM from .venv-vllm with a Mistral of random weights on the CPU, and prints the CPU time that it
took as well, which says more than seconds where the machine has other work.
"""

import argparse
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from transformers import MistralConfig, MistralForCausalLM

sys.path.insert(0, str(Path(__file__).parents[2]))

from flows.serving import serving
from infra.demo_models.vocabulary import mistral_tokenizer
from pipeline.stage import Failure
from pipeline.stages.summarise import Summarise
from schemas import FRAME_CAPTIONS, MUSIC_CAPTIONS
from schemas.captions import FrameCaption, MusicCaption
from schemas.table import Row
from tests.inputs import MemoryInputs, sample, shard_of

COUNTED = ("prompt_tokens", "generation_tokens", "prefix_cache_queries", "prefix_cache_hits")
QUESTIONS = ("content", "style", "mood")
WORDS = Path(__file__).parents[2] / "pipeline" / "stages" / "prompts" / "examples.txt"


def shard(clips: int) -> MemoryInputs:
    """Three answers about the frame and a music caption a clip, as long as real ones."""
    words = WORDS.read_text(encoding="utf-8").split()

    def text(number: int, count: int) -> str:
        return " ".join(words[(number * 131 + place * 17) % len(words)] for place in range(count))

    ids = [sample(number, b"", b"").clip_id for number in range(clips)]
    frames: list[Row] = [
        FrameCaption(
            clip_id=clip_id,
            question=question,
            prompt="?",
            answer=text(number * 3 + place, 9),
            model="m",
            revision="r",
        )
        for number, clip_id in enumerate(ids)
        for place, question in enumerate(QUESTIONS)
    ]
    music: list[Row] = [
        MusicCaption(clip_id=clip_id, text=text(number + 7, 35), model="m", revision="r")
        for number, clip_id in enumerate(ids)
    ]
    samples = [sample(number, b"", b"") for number in range(clips)]
    return shard_of(samples, (FRAME_CAPTIONS, frames), (MUSIC_CAPTIONS, music))


@contextmanager
def vllm() -> Iterator[str]:
    """A server with a Mistral of random weights, 4 layers of 512."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = mistral_tokenizer()
        config = MistralConfig(
            vocab_size=len(tokenizer),
            hidden_size=512,
            intermediate_size=1792,
            num_hidden_layers=4,
            num_attention_heads=8,
            num_key_value_heads=2,
            sliding_window=None,
        )
        MistralForCausalLM(config).save_pretrained(Path(folder, "mistral"))
        tokenizer.save_pretrained(Path(folder, "mistral"))
        command = ["env", "VLLM_CPU_KVCACHE_SPACE=1", "vllm", "serve", "mistral"]
        command += ["--host", "127.0.0.1", "--port", "{port}", "--tokenizer-mode", "hf"]
        command += ["--max-model-len", "8192", "--enforce-eager"]
        # The CPU build cannot read a message with a seed of its own in chunks.
        command += ["--no-enable-chunked-prefill", "--max-num-batched-tokens", "16384"]
        with serving(command, Path(folder, "log"), Path(folder)) as url:
            yield url


def counters(url: str) -> dict[str, float]:
    """What the server has counted since it started."""
    text = metrics(url)
    return {name: value(text, f"{name}_total") for name in COUNTED}


def metrics(url: str) -> str:
    """What the server tells about itself."""
    return httpx.get(url.removesuffix("/v1") + "/metrics", trust_env=False).text


def value(text: str, name: str) -> float:
    """A metric, summed over its labels."""
    found = re.findall(rf"^vllm:{name}{{.*}} (\S+)$", text, re.MULTILINE)
    return sum(map(float, found))


@dataclass
class Load:
    """How many requests the server worked on, each time it was asked."""

    running: list[float]

    def __str__(self) -> str:
        mean = sum(self.running) / max(1, len(self.running))
        return f"{mean:.1f} at once (most {max(self.running, default=0):.0f})"


@contextmanager
def watched(url: str, period_s: float = 0.2) -> Iterator[Load]:
    """Ask the server, while the block runs, how many requests it works on."""
    load, done = Load([]), threading.Event()

    def watch() -> None:
        while not done.wait(period_s):
            load.running.append(value(metrics(url), "num_requests_running"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield load
    finally:
        done.set()
        thread.join()


def cpu_seconds() -> float:
    """Of the processes that we have started: the server's."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(time.user + time.system for time in times)


def measure(stage: Summarise, inputs: MemoryInputs) -> str:
    """One line about one run."""
    before, started, cpu = counters(stage.base_url), time.monotonic(), cpu_seconds()
    with watched(stage.base_url) as load:
        outcomes = list(stage.run(inputs))
    seconds, cpu = time.monotonic() - started, cpu_seconds() - cpu
    after = counters(stage.base_url)
    done = {name: after[name] - before[name] for name in COUNTED}
    failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
    hits = done["prefix_cache_hits"] / done["prefix_cache_queries"]
    return (
        f"examples per {stage.examples_per:5} {stage.concurrency:4} in flight: {seconds:6.1f} s, "
        f"{cpu:6.1f} CPU s, {load}, {len(outcomes) / seconds:6.1f} clips/s, "
        f"read {done['prompt_tokens'] / seconds:6.0f} tokens/s "
        f"({done['prompt_tokens'] / len(outcomes):.0f} a clip, {hits:.0%} cached), "
        f"written {done['generation_tokens'] / seconds:6.0f} tokens/s, {failed} failed"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--url", help="of a server that runs, with /v1")
    parser.add_argument("--model", default="mistral")
    chosen = parser.parse_args()
    inputs = shard(chosen.clips)
    if chosen.url:
        run(chosen, chosen.url, inputs)
    else:
        with vllm() as url:
            run(chosen, url, inputs)


def run(chosen: argparse.Namespace, url: str, inputs: MemoryInputs) -> None:
    """Every combination; each with a seed of its own, so that it draws other examples."""
    seed = 0
    for concurrency in chosen.concurrency:
        for per in ("clip", "shard"):
            seed += 1
            stage = Summarise(
                model=chosen.model,
                base_url=url,
                concurrency=concurrency,
                examples_per=per,
                seed=seed,
                max_attempts=1,
                max_tokens=100,
            )
            print(measure(stage, inputs), flush=True)


if __name__ == "__main__":
    main()
