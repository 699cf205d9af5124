"""The layers of the house: schemas <- pipeline <- flows."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "torchaudio", "transformers", "prefect", "yt_dlp"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_schemas_import_none_of_ours() -> None:
    assert [path for path in modules("schemas") if roots(path) & {"pipeline", "flows"}] == []


def test_the_pipeline_knows_no_orchestrator() -> None:
    assert [path for path in modules("pipeline") if roots(path) & {"flows", "prefect"}] == []


def test_nothing_below_the_flows_reads_the_environment() -> None:
    below = modules("pipeline") + modules("schemas")
    assert [path for path in below if reads_environment(path)] == []


def reads_environment(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    written = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    }
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and id(node) not in written
        for node in nodes
    )


def test_no_module_has_more_than_400_lines() -> None:
    ours = modules("schemas") + modules("pipeline") + modules("flows")
    assert [path for path in ours if len(path.read_text("utf-8").splitlines()) > 400] == []


def test_the_command_line_starts_without_heavy_packages() -> None:
    code = "import sys, flows.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not HEAVY & set(done.stdout.split())
