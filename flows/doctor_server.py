"""The server that a step of a recipe asks: whether it is well, and how to start it."""

import os
import shlex
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

from flows.finding import Finding
from flows.serving import VLLM_BIN
from pipeline.errors import RecipeError
from pipeline.lines import clean_line
from pipeline.models.known import licence
from pipeline.models.language.catalogue import Health, health
from pipeline.secret import with_secrets
from pipeline.stages.served import Served

_NAMES_SHOWN = 3
_LONGEST_NAME = 80
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def examine_server(stage: Served, model: str) -> Iterator[Finding]:
    """Look at the key, at what the server says it serves, and at that model's licence."""
    key = None
    try:
        keyed = with_secrets(stage, os.environ.get)
    except RecipeError as error:
        commands = (f"export {stage.api_key_env}='YOUR KEY'",)
        yield Finding("key", "MISSING", str(error), commands)
    else:
        if stage.api_key_env and isinstance(keyed, Served):
            key = keyed.api_key
            yield Finding("key", "ok", f"{stage.api_key_env} is set")
    if stage.serve:
        yield Finding("endpoint", "note", f"started for the step: {stage.serve}")
    else:
        yield _endpoint(stage, model, health(stage.base_url, key))
    if model.count("/") == 1:
        yield Finding("licence", "note", f"{model}: {licence(model)}")


def _endpoint(stage: Served, model: str, found: Health) -> Finding:
    where = stage.base_url
    if found.problem:
        here = urlsplit(where).hostname in _LOOPBACK and not found.there
        commands = tuple(_serve(stage, model)) if here else ()
        return Finding("endpoint", "MISSING", f"{where}: {found.problem}", commands)
    others = [clean_line(name, _LONGEST_NAME) for name in found.models if name != model]
    names = ", ".join(others[:_NAMES_SHOWN])
    if len(others) > _NAMES_SHOWN:
        names += f" and {len(others) - _NAMES_SHOWN} more"
    if len(others) < len(found.models):
        text = f"{where} serves {model}" + (f", and also {names}" if names else "")
        return Finding("endpoint", "ok", text)
    remedy = f"it serves {names}: set `model` to one of them" if names else "it serves none"
    return Finding("endpoint", "MISSING", f"{where} does not serve {model}; {remedy}")


def _serve(stage: Served, model: str) -> Iterator[str]:
    program = VLLM_BIN / "vllm"
    if shutil.which("vllm") is None and not program.exists():
        yield "make vllm"
    name = "vllm" if shutil.which("vllm") else str(program)
    port = urlsplit(stage.base_url).port or 80
    words = [name, "serve", model, "--host", "127.0.0.1", "--port", str(port)]
    key = f'VLLM_API_KEY="${stage.api_key_env}" ' if stage.api_key_env else ""
    yield key + shlex.join(words)
