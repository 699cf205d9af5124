"""The memory that is free where models run."""

import json
import subprocess
import sys

import psutil

_ASK = """
import json, torch
counts = range(torch.cuda.device_count())
print(json.dumps({f"cuda:{n}": torch.cuda.mem_get_info(n)[0] for n in counts}))
"""


def free_memory(gpus: bool) -> dict[str, int]:
    """Free bytes by device: `cpu`, and `cuda:0`, … for each GPU that torch sees.

    Args:
        gpus: whether to ask for them. That is done in a process of its own, and only worth it where
            `pipeline.engines.local.devices` finds some: importing torch here would cost seconds.
    """
    found: dict[str, int] = {"cpu": psutil.virtual_memory().available}
    if gpus:
        asked = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True)
        if asked.returncode == 0:
            found |= json.loads(asked.stdout.splitlines()[-1])
    return found
