"""Stages `vlm` and `alm` with a real vLLM server: it says what the same checkpoint says in this
process."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoProcessor, Qwen2AudioForConditionalGeneration

from pipeline.media.decode import decode_audio
from pipeline.stage import Stage
from pipeline.stages.alm import Alm
from pipeline.stages.blip2 import Blip2
from pipeline.stages.vlm import Vlm
from schemas.captions import FrameCaption, MusicCaption
from tests.flows.vllm_server import LONG_TEST_S, make, vllm_running, vllm_serve
from tests.inputs import MemoryInputs, sample, shard_of
from tests.tiny_checkpoints import make_qwen2_audio, make_vllm_blip2

pytestmark = pytest.mark.timeout(LONG_TEST_S)

TOKENS = 20
QUESTIONS = {"what": "what is this", "style": "does the image have a particular style"}
BLIP2_TEMPLATE = "{{ bos_token }}Question: {{ messages[0]['content'] }} Answer:"
"""Released BLIP-2 checkpoints have no chat template."""
INSTRUCTION = "describe the music"


@pytest.fixture(scope="module")
def media() -> MemoryInputs:
    return shard_of([sample(number) for number in range(10)])


@pytest.fixture(scope="module")
def blip2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("blip2"), make_vllm_blip2)


@pytest.fixture(scope="module")
def qwen2_audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("qwen2_audio"), make_qwen2_audio, seed=6)


@pytest.fixture(scope="module")
def seeing(blip2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vlm]:
    """The stage, with a server that has a BLIP-2."""
    command = vllm_serve(blip2, "--chat-template", BLIP2_TEMPLATE, context=256)
    with vllm_running(command, tmp_path_factory.mktemp("vllm") / "log") as url:
        yield Vlm(base_url=url, model="tiny", questions=QUESTIONS, max_tokens=TOKENS, retries=0)


@pytest.fixture(scope="module")
def hearing(qwen2_audio: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alm]:
    """The stage, with a server that has a Qwen2-Audio."""
    command = vllm_serve(qwen2_audio, context=2048)
    with vllm_running(command, tmp_path_factory.mktemp("vllm") / "log") as url:
        yield Alm(base_url=url, model="tiny", instruction=INSTRUCTION, max_tokens=TOKENS, retries=0)


def answers(stage: Stage, inputs: MemoryInputs) -> dict[tuple[str, str], str]:
    """What was said, by clip and question."""
    said = {}
    for row in stage.run(inputs):
        assert isinstance(row, FrameCaption), row
        said[row.clip_id, row.question] = row.answer
    return said


def captions(stage: Stage, inputs: MemoryInputs) -> dict[str, str]:
    """What was said, by clip."""
    said = {}
    for row in stage.run(inputs):
        assert isinstance(row, MusicCaption), row
        said[row.clip_id] = row.text
    return said


def heard_here(checkpoint: Path, inputs: MemoryInputs) -> dict[str, str]:
    """What the checkpoint says about each clip in this process, one clip at a time."""
    model: Any = Qwen2AudioForConditionalGeneration.from_pretrained(checkpoint).eval()
    processor: Any = AutoProcessor.from_pretrained(checkpoint)
    parts = [{"type": "audio"}, {"type": "text", "text": INSTRUCTION}]
    message = [{"role": "user", "content": parts}]
    text = processor.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
    rate = processor.feature_extractor.sampling_rate
    said = {}
    for clip in inputs.media:
        audio = decode_audio(clip.audio, rate)
        read = processor(text=text, audio=[audio], sampling_rate=rate, return_tensors="pt")
        with torch.inference_mode():
            written = model.generate(**read, max_new_tokens=TOKENS, do_sample=False)
        new = written[0, read["input_ids"].shape[1] :]
        said[clip.clip_id] = processor.decode(new, skip_special_tokens=True).strip()
    return said


def test_vlm_gets_from_vllm_what_stage_blip2_gets_from_the_same_checkpoint(
    seeing: Vlm, blip2: Path, media: MemoryInputs
) -> None:
    here = Blip2(model=str(blip2), questions=QUESTIONS, max_new_tokens=TOKENS)
    said = answers(here, media)
    assert answers(seeing, media) == said
    for question in QUESTIONS:
        about = {answer for (_, asked), answer in said.items() if asked == question}
        assert len(about) > 5, "it looks at the frame"


def test_vlm_gives_the_same_rows_whatever_the_concurrency_and_the_order(
    seeing: Vlm, media: MemoryInputs
) -> None:
    drawn = replace(seeing, temperature=1.0)
    turned = MemoryInputs({k: v[::-1] for k, v in media.tables.items()}, media.media[::-1])
    one = answers(replace(drawn, concurrency=1), media)
    assert one != answers(seeing, media)
    assert one != answers(replace(drawn, seed=1), media)
    assert answers(replace(drawn, concurrency=20), turned) == one


def test_alm_gets_from_vllm_what_the_checkpoint_says_in_this_process(
    hearing: Alm, qwen2_audio: Path, media: MemoryInputs
) -> None:
    said = captions(hearing, media)
    assert said == heard_here(qwen2_audio, media)
    assert len(set(said.values())) > 7, "it listens to the clip"


def test_alm_gives_the_same_rows_whatever_the_concurrency(
    hearing: Alm, media: MemoryInputs
) -> None:
    drawn = replace(hearing, temperature=1.0)
    one = captions(replace(drawn, concurrency=1), media)
    assert one != captions(hearing, media)
    assert captions(replace(drawn, concurrency=10), media) == one
