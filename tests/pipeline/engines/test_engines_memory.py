"""The memory that is free where models run."""

import psutil

from pipeline.engines.memory import free_memory


def test_the_cpus_memory_is_what_the_system_says_is_available() -> None:
    found = free_memory(gpus=False)
    assert list(found) == ["cpu"]
    assert 0 < found["cpu"] <= psutil.virtual_memory().total


def test_only_gpus_that_torch_sees_are_added() -> None:
    import torch

    names = {f"cuda:{number}" for number in range(torch.cuda.device_count())}
    assert set(free_memory(gpus=True)) == {"cpu"} | names
