"""A real vLLM server with a small Mistral of random weights: what it answers, and how it ends."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from flows.serving import serving
from pipeline.errors import ServiceError
from pipeline.models.language.chat import Answer, ChatRequest, Sampling
from pipeline.models.language.endpoint import Endpoint
from pipeline.stage import Failure
from pipeline.stages.summarise import Summarise
from schemas import CLIPS, FRAME_CAPTIONS
from schemas.captions import FrameCaption
from schemas.prompt import Prompt
from schemas.table import Row
from tests.flows.commands import eventually
from tests.flows.owned import all_ended, owner
from tests.flows.vllm_server import LONG_TEST_S, make, vllm_running, vllm_serve
from tests.inputs import MemoryInputs, sample, shard_of
from tests.random_checkpoints import make_mistral

pytestmark = pytest.mark.timeout(LONG_TEST_S)


@pytest.fixture(scope="module")
def mistral(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("mistral"), make_mistral)


@pytest.fixture(scope="module")
def vllm(mistral: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's base URL."""
    with vllm_running(vllm_serve(mistral), tmp_path_factory.mktemp("vllm") / "log") as url:
        yield url


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


def test_vllm_leaves_neither_process_nor_shared_memory_when_its_owner_was_killed(
    mistral: Path, tmp_path: Path
) -> None:
    with owner(vllm_serve(mistral), tmp_path / "log") as killed:
        assert killed.stdout is not None
        killed.stdout.readline()  # the server is ready
        processes = psutil.Process(killed.pid).children(recursive=True)
        shared = {path for process in processes for path in shared_memory(process)}
        killed.kill()
        assert eventually(lambda: all_ended(processes))
    assert len(processes) >= 4
    assert shared
    assert not [path for path in shared if path.exists()]


def shared_memory(process: psutil.Process) -> list[Path]:
    """The named shared memory that it uses."""
    mapped = [Path(region.path) for region in process.memory_maps()]
    return [path for path in mapped if path.parent == Path("/dev/shm")]  # noqa: S108


def test_what_vllm_objects_to_is_in_the_error(mistral: Path, tmp_path: Path) -> None:
    command = vllm_serve(mistral, "--max-model-len", "4000000")
    with pytest.raises(ServiceError) as caught, serving(command, tmp_path / "log"):
        pass
    line = str(caught.value)
    assert "ended with exit code 1 before it was ready" in line
    assert "max_model_len (4000000) is greater than the derived max_model_len" in line
    assert str(tmp_path / "log") in line
    assert "\n" not in line
