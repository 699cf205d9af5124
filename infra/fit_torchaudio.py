"""Make torchaudio importable beside a CPU-only torch.

The torchaudio 2.11.0 wheel links its compiled extension against CUDA, so that its import fails
where torch has none. Framesong uses only its pure-PyTorch transforms and resampler, which work
without the extension: where the import fails, the extension's libraries are deleted.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path


def imports() -> bool:
    """Whether a fresh interpreter can import torchaudio."""
    command = [sys.executable, "-c", "import torchaudio"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main() -> None:
    """Delete the CUDA-linked libraries if they keep torchaudio from being imported."""
    if imports():
        return
    spec = importlib.util.find_spec("torchaudio")
    if spec is None or spec.origin is None:
        sys.exit("torchaudio is not installed")
    for library in (Path(spec.origin).parent / "lib").glob("*.so"):
        library.unlink()
        print(f"removed {library.name}: it needs CUDA, which this torch lacks")
    if not imports():
        sys.exit("torchaudio cannot be imported: run `python -c 'import torchaudio'` to see why")


if __name__ == "__main__":
    main()
