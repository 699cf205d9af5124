"""Model servers that the command line owns: vLLM itself, and small programs that misbehave."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
import torch

from flows.serving import VLLM_BIN, serving
from pipeline.demo.checkpoints import make_mistral
from pipeline.errors import MissingTool, ServiceError
from pipeline.models.language.chat import Answer, ChatRequest, Sampling
from pipeline.models.language.endpoint import Endpoint
from pipeline.stage import Failure
from pipeline.stages.summarise import Summarise
from schemas import CLIPS, FRAME_CAPTIONS
from schemas.captions import FrameCaption
from schemas.prompt import Prompt
from schemas.table import Row
from tests.inputs import MemoryInputs, sample, shard_of

SMALL = "import http.server, sys, time\n"
ANSWER = """
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
HEALTHY = SMALL + ANSWER.format(status=200)
LOADING = SMALL + "print('loading the weights', flush=True)" + ANSWER.format(status=503)


def program(text: str) -> list[str]:
    return [sys.executable, "-c", text, "{port}"]


def vllm_serve(model: Path, *options: str) -> list[str]:
    """vLLM on the CPU with a small cache and nothing to compile; without it the test is skipped.

    Its CPU build ends when it has to read a message with a seed of its own in chunks ("CPU
    Generator does not use offset"), so it must not. In bfloat16, one answer in 48 of a model four
    times as wide changed with what was asked beside it; in float32, none.
    """
    if not (VLLM_BIN / "vllm").is_file():
        pytest.skip("vLLM is not on this machine: make vllm")
    address = ["--host", "127.0.0.1", "--port", "{port}", "--served-model-name", "tiny"]
    small = ["--tokenizer-mode", "hf", "--max-model-len", "8192", "--enforce-eager"]
    small += ["--dtype", "float32"]
    whole = ["--no-enable-chunked-prefill", "--max-num-batched-tokens", "16384"]
    settings = ["env", "VLLM_CPU_KVCACHE_SPACE=1", "OMP_NUM_THREADS=1"]
    return [*settings, "vllm", "serve", str(model), *address, *small, *whole, *options]


OWN = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from flows.serving import serving
with serving(json.loads(sys.argv[2]), Path(sys.argv[3])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


@contextmanager
def owner(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that does what the command line does."""
    arguments = [str(Path(__file__).parents[2]), json.dumps(command), str(log)]
    process = subprocess.Popen(
        [sys.executable, "-c", OWN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def eventually(claim: Callable[[], bool]) -> bool:
    for _ in range(1800):
        if claim():
            return True
        time.sleep(0.05)
    return False


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def all_ended(processes: Sequence[psutil.Process]) -> bool:
    return not any(lives(process) for process in processes)


@pytest.fixture(scope="session")
def mistral(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mistral")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        make_mistral(path)
    return path


@pytest.fixture(scope="session")
def vllm(mistral: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a vLLM server with the demo's Mistral."""
    before = children()
    with serving(vllm_serve(mistral), tmp_path_factory.mktemp("vllm") / "server.log") as url:
        processes = [process for process in children() if process not in before]
        yield url
    assert len(processes) >= 4, "the supervisor and vLLM's own"
    assert all_ended(processes)


def captions(number: int) -> Row:
    words = ["red", "barn", "golden", "field", "dancer", "neon", "street", "dark", "river", "moon"]
    answer = " ".join(words[(number * 5 + place * place) % len(words)] for place in range(8))
    return FrameCaption(
        clip_id=sample(number, b"", b"").clip_id,
        question="description",
        prompt="?",
        answer=answer,
        model="m",
        revision="r",
    )


def shard(clips: int) -> MemoryInputs:
    rows = [captions(number) for number in range(clips)]
    return shard_of([sample(number, b"", b"") for number in range(clips)], (FRAME_CAPTIONS, rows))


def test_vllm_answers_each_request(vllm: str) -> None:
    endpoint = Endpoint(vllm, "tiny", Sampling(temperature=1.5, top_p=1.0, max_tokens=20))
    requests = [ChatRequest(f"clip{n}", f"a picture of a cat {n}", seed=n) for n in range(8)]
    answers = endpoint.answer(requests)
    texts = {answer.text for answer in answers if isinstance(answer, Answer)}
    assert len(texts) == 8
    assert endpoint.answer(requests) == answers


def test_vllm_knows_its_model_by_name(vllm: str) -> None:
    endpoint = Endpoint(vllm, "another", Sampling(0.7, 0.95, 20), retries=0)
    with pytest.raises(ServiceError, match="The model `another` does not exist"):
        endpoint.answer([ChatRequest("clip", "a cat", seed=0)])


def test_vllm_gives_the_same_rows_whatever_the_concurrency_and_the_order(vllm: str) -> None:
    inputs = shard(24)
    turned = MemoryInputs({k: v[::-1] for k, v in inputs.tables.items()}, inputs.media)
    made = Summarise(model="tiny", base_url=vllm, temperature=1.8, max_attempts=2, max_words=20)

    def rows(concurrency: int, inputs: MemoryInputs) -> list[Prompt | Failure]:
        return sorted(
            replace(made, concurrency=concurrency).run(inputs), key=lambda made: made.clip_id
        )

    one = rows(1, inputs)
    assert [row.clip_id for row in one] == sorted(row.clip_id for row in inputs.rows(CLIPS))
    prompts = [row for row in one if isinstance(row, Prompt)]
    assert len({row.text for row in prompts}) > 12
    assert {row.attempts for row in prompts} == {1, 2}
    assert rows(24, inputs) == one
    assert rows(5, turned) == one


def test_vllm_is_gone_when_its_owner_was_killed(mistral: Path, tmp_path: Path) -> None:
    with owner(vllm_serve(mistral), tmp_path / "log") as killed:
        owned = psutil.Process(killed.pid)

        assert eventually(lambda: len(owned.children(recursive=True)) >= 4)
        processes = owned.children(recursive=True)
        killed.kill()
        assert eventually(lambda: all_ended(processes))


def test_what_vllm_objects_to_is_in_the_error(mistral: Path, tmp_path: Path) -> None:
    command = vllm_serve(mistral, "--max-model-len", "4000000")
    with pytest.raises(ServiceError) as caught, serving(command, tmp_path / "log"):
        pass
    line = str(caught.value)
    assert "ended with exit code 1 before it was ready" in line
    assert "max_model_len (4000000) is greater than the derived max_model_len" in line
    assert str(tmp_path / "log") in line
    assert "\n" not in line


def test_a_server_is_there_in_the_block_and_gone_after_it(tmp_path: Path) -> None:
    before = children()
    with serving(program(HEALTHY), tmp_path / "logs" / "log") as url:
        processes = [process for process in children() if process not in before]
        assert httpx.get(url.removesuffix("/v1") + "/health").status_code == 200
    assert len(processes) == 2
    assert all_ended(processes)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_server_is_gone_after_an_error_in_the_block(tmp_path: Path) -> None:
    processes: list[psutil.Process] = []

    def use_server() -> None:
        with serving(program(HEALTHY), tmp_path / "log"):
            processes.extend(children())
            raise KeyError

    before = children()
    with pytest.raises(KeyError):
        use_server()
    processes = [process for process in processes if process not in before]
    assert len(processes) == 2
    assert all_ended(processes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_server_is_gone_when_its_owner_is(number: signal.Signals, tmp_path: Path) -> None:
    with owner(program(HEALTHY), tmp_path / "log") as ended:
        assert ended.stdout is not None
        assert ended.stdout.readline().startswith("http://127.0.0.1:")
        processes = psutil.Process(ended.pid).children(recursive=True)
        ended.send_signal(number)
        ended.wait()
        assert eventually(lambda: all_ended(processes))
    assert len(processes) == 2


def test_a_server_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HEALTHY
    before = children()
    with serving(program(deaf), tmp_path / "log"):
        processes = [process for process in children() if process not in before]
    assert all_ended(processes)


def test_a_server_that_never_becomes_healthy_is_one_line(tmp_path: Path) -> None:
    before = children()
    with (
        pytest.raises(ServiceError) as caught,
        serving(program(LOADING), tmp_path / "log", ready_s=1),
    ):
        pass
    line = str(caught.value)
    assert "was not ready within 1 s: /health gives 503" in line
    assert "loading the weights" in line
    assert str(tmp_path / "log") in line
    assert "\n" not in line
    assert children() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit('\x1b[31mno such\x1b[0m model')", "exit code 1 before it was ready"),
        ("import os; os.kill(os.getpid(), 9)", "exit code 137 before it was ready"),
    ],
)
def test_a_server_that_ends_at_once_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError) as caught, serving(program(text), tmp_path / "log"):
        pass
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(MissingTool, match=r"`no-such-server`.*make vllm"),
        serving(["no-such-server"], tmp_path / "log"),
    ):
        pass


def test_a_command_runs_in_the_folder_of_the_recipe(tmp_path: Path) -> None:
    script = tmp_path / "server.sh"
    script.write_text('#!/bin/sh\nexec "$1" -c "$(cat healthy.py)" "$2"\n')
    script.chmod(0o755)
    (tmp_path / "healthy.py").write_text(HEALTHY)
    command = ["./server.sh", sys.executable, "{port}"]
    with serving(command, tmp_path / "log", tmp_path) as url:
        assert url.startswith("http://127.0.0.1:")
