"""How models are run on a device: number format and reproducibility."""

import torch


def dtype_for(device: str) -> torch.dtype:
    """bfloat16 on a GPU, float32 elsewhere.

    Half precision (float16) is not used: with it BLIP-2's OPT gives NaN under left padding, and
    its T5 overflows; bfloat16 has float32's range.
    """
    return torch.bfloat16 if device.startswith("cuda") else torch.float32


def be_reproducible() -> None:
    """The same kernels for the same shapes: no timing-based choice of algorithm, no TF32."""
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
