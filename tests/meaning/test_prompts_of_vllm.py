"""The demo's Mistral behind vLLM writes prompts that are as true as those of the local model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from infra.demo_models.evaluate import SHIPPED, Evaluation
from infra.demo_models.faults import Fault, rates_with
from pipeline.demo.judging import below
from pipeline.stage import Stage
from pipeline.stages.summarise import Summarise
from tests.flows.vllm_server import LONG_TEST_S, vllm_running, vllm_serve

pytestmark = pytest.mark.timeout(LONG_TEST_S)


def behind(url: str) -> Fault:
    """No fault: the stage asks a server instead of loading the checkpoint itself."""

    @contextmanager
    def changed(stage: Stage, scratch: Path) -> Iterator[Stage]:
        yield replace(cast(Summarise, stage), backend="endpoint", base_url=url, model="tiny")

    return changed


def test_prompts_of_vllm_keep_the_described_subject(held_out: Evaluation, tmp_path: Path) -> None:
    with vllm_running(vllm_serve(SHIPPED / "mistral"), tmp_path / "log") as url:
        rates = rates_with(held_out, "summarise", behind(url))
    assert below(rates) == []
