"""HTML pages that work from disk, without a network, and without trust in what titles and captions
hold."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def environment(templates: Path) -> Environment:
    """For the templates of a folder: texts are escaped, and an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def policy(style: str, script: str = "") -> str:
    """A content security policy that allows this page's style, and media beside it; with a script,
    also that one and data beside the page, else no scripts at all.

    The hashes hold wherever the page is opened; `file:` is for browsers in which 'self' names no
    file.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_source(style)}",
            *([f"script-src {_source(script)} 'self' file:"] if script else []),
            "img-src 'self' file:",
            "media-src 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
