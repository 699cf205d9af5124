"""Which software made something."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

_RECORDED = ("framesong", "av", "pyarrow", "torch", "transformers", "yt-dlp", "pillow")


@cache
def software() -> dict[str, str]:
    """The versions of the packages that decide what rows and bytes come out."""
    found = {}
    for package in _RECORDED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
