"""Two datasets about which everything is known: the demo's own, and one of held-out clips."""

import pytest

from infra.demo_models import evaluate
from infra.demo_models.evaluate import Evaluation
from pipeline.demo.judging import Rates
from pipeline.demo.videos import plan_videos
from pipeline.recipe import load
from pipeline.store import Dataset
from tests.flows.commands import framesong

HELD_OUT_CLIPS = 60
"""A rate of 95 % then has a standard error of 3 points."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """What `make demo` builds."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = framesong("demo", folder)
    assert done.code == 0, done.err
    return Evaluation(Dataset(folder), load(folder), tuple(plan_videos()))


@pytest.fixture(scope="session")
def demo_rates(demo: Evaluation) -> Rates:
    return evaluate.all_rates(demo)


@pytest.fixture(scope="session")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    return evaluate.build(tmp_path_factory.mktemp("held_out"), HELD_OUT_CLIPS)


@pytest.fixture(scope="session")
def held_out_rates(held_out: Evaluation) -> Rates:
    return evaluate.all_rates(held_out)
