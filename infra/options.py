"""Write docs/options.md: every option of a recipe, from the docstrings of the types that take them.

python infra/options.py            write the page
python infra/options.py --check    exit with 1 if the page is not what would be written
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.recipe import SECTIONS
from pipeline.settings import Settings
from pipeline.sources import SOURCES
from pipeline.stage import Stage
from pipeline.stages import STAGES

PAGE = Path(__file__).parent.parent / "docs" / "options.md"
HEAD = """# Options of a recipe

Made by `python infra/options.py` from the code. An option without a default must be set. A recipe
may also start with `base = "FOLDER"`: where its relative paths start from; by default, where it
lies.
"""
STEPS = """## Steps: `[stage.NAME]`

NAME is yours; `kind = "blip2"` says which annotator it is, where NAME does not. `from = ["NAME"]`
says which steps it reads, where several write the same table. Options marked *speed* change no row,
so that changing them reruns nothing.
"""


def page() -> str:
    """The page's text."""
    parts = [HEAD]
    for name, section in SECTIONS.items():
        parts += [f"## `[{name}]`\n", _purpose(section), *_of_settings(section)]
    parts.append("## Sources: `[source.NAME]`\n\n`kind` says which, where NAME does not.\n")
    for kind, source in SOURCES.items():
        parts += [f"### `{kind}`\n", _purpose(source), *_of_settings(source)]
    parts.append(STEPS)
    for kind, stage in STAGES.items():
        parts += [f"### `{kind}`\n", _purpose(stage), *_of_stage(stage)]
    return "\n".join(parts)


def _purpose(kind: type[Any]) -> str:
    return inspect.cleandoc(kind.__doc__ or "") + "\n"


def _of_settings(kind: type[Settings]) -> Iterator[str]:
    for name, option in kind.model_fields.items():
        default = None if option.is_required() else option.get_default(call_default_factory=True)
        yield _line(name, option.is_required(), default, option.description or "")


def _of_stage(kind: type[Stage]) -> Iterator[str]:
    notes = docstrings(kind)
    settable = (option for option in fields(kind) if option.name in kind.options())
    ordered = sorted(settable, key=lambda option: bool(option.metadata.get("runtime")))
    plain = {option.name: option for option in ordered}
    required = inspect.signature(kind).parameters
    for name, option in plain.items():
        is_required = required[name].default is inspect.Parameter.empty
        made = option.default_factory() if callable(option.default_factory) else option.default
        speed = "*speed* " if option.metadata.get("runtime") else ""
        yield _line(name, is_required, made, speed + notes.get(name, ""))


def docstrings(kind: type[Any]) -> dict[str, str]:
    """The text beneath each field of a class and of those that it builds on."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__[:-1]):
        tree = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for statement, below in pairwise(body):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
            ):
                found[statement.target.id] = inspect.cleandoc(str(below.value.value))
    return found


def _line(name: str, required: bool, default: object, text: str) -> str:
    if required:
        shown = "required"
    elif isinstance(default, str) and len(default) > 90:
        shown = "a longer text: see the code"
    else:
        shown = f"`{default!r}`"
    return f"- **`{name}`** ({shown}). {' '.join(text.split())}\n"


def main() -> None:
    """Write the page, or check it."""
    if "--check" in sys.argv[1:]:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
