"""vLLM with a small model, as the command line starts it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from flows.serving import VLLM_BIN, serving
from tests.flows.owned import all_ended, children
from tests.tools import need_tool

START_LIMIT_S = 420.0
"""It needs 40 s on two idle cores, and three times as long where they have much other work."""
LONG_TEST_S = 900
"""For a test that has to start one, or several."""


def vllm_serve(model: Path, *options: str, context: int = 8192) -> list[str]:
    """vLLM on the CPU with a small cache and nothing to compile; without it the test is skipped.

    Its CPU build ends when it has to read a message with a seed of its own in chunks ("CPU
    Generator does not use offset"), so it must not. In bfloat16, one answer in 48 of a model four
    times as wide changed with what was asked beside it; in float32, none.
    """
    need_tool("vllm", VLLM_BIN)
    address = ["--host", "127.0.0.1", "--port", "{port}", "--served-model-name", "tiny"]
    small = ["--tokenizer-mode", "hf", "--max-model-len", str(context), "--enforce-eager"]
    small += ["--dtype", "float32"]
    whole = ["--no-enable-chunked-prefill", "--max-num-batched-tokens", str(2 * context)]
    settings = ["env", "VLLM_CPU_KVCACHE_SPACE=1", "OMP_NUM_THREADS=1"]
    return [*settings, "vllm", "serve", str(model), *address, *small, *whole, *options]


@contextmanager
def vllm_running(command: list[str], log: Path) -> Iterator[str]:
    """The base URL of a server that runs while the block does; none of its processes outlives
    it."""
    before = children()
    with serving(command, log, ready_s=START_LIMIT_S) as url:
        processes = [process for process in children() if process not in before]
        yield url
    assert len(processes) >= 4, "the supervisor and vLLM's own"
    assert all_ended(processes)


def make(folder: Path, maker: Callable[[Path], None], seed: int = 0) -> Path:
    """A checkpoint, always the same one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        maker(folder)
    return folder
