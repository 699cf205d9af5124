"""Whether a server with OpenAI's API is well, and which models it offers."""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from pipeline.errors import ServiceError
from pipeline.secret import Secret
from schemas.table import Seconds

CONNECT_LIMIT: Seconds = 3.0
READ_LIMIT: Seconds = 5.0
"""For the whole answer, too. A list of names takes milliseconds."""
_LONGEST = 4 * 2**20
"""Bytes. A name with all that hosted services say about it takes about a kilobyte."""
_WHY = {
    401: "it wants an API key: say in `api_key_env` which environment variable holds it",
    403: "it does not let this client in",
    404: "`base_url` should end with the API's version, such as /v1",
}


@dataclass(frozen=True)
class Health:
    """What came of asking a server for its models."""

    models: tuple[str, ...] = ()
    """Their names, as the server says them: text from outside."""
    problem: str = ""
    """What it does instead of listing them, for people; "" where it does list them."""
    there: bool = True
    """Whether anything listens at the address."""


def health(base_url: str, api_key: Secret | None) -> Health:
    """Ask a server for its list of models. Nothing that is returned holds the key."""
    try:
        names = _names(_fetch(base_url.rstrip("/") + "/models", api_key))
    except (httpx.ConnectError, httpx.ConnectTimeout):
        return Health(problem="nobody answers", there=False)
    except httpx.TimeoutException:
        return Health(problem=f"no answer within {READ_LIMIT:g} s")
    except httpx.HTTPError as error:
        return Health(problem=f"it breaks off its answer ({type(error).__name__})")
    except ServiceError as error:
        return Health(problem=str(error))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Health(problem="it answers, but not with a list of models")
    return Health(tuple(api_key.hide(name) if api_key else name for name in names))


def _fetch(url: str, api_key: Secret | None) -> Any:
    headers = {"Authorization": f"Bearer {api_key.reveal()}"} if api_key else {}
    limits = httpx.Timeout(READ_LIMIT, connect=CONNECT_LIMIT)
    deadline = time.monotonic() + READ_LIMIT
    body = b""
    with (
        httpx.Client(trust_env=False, timeout=limits, headers=headers) as client,
        client.stream("GET", url) as reply,
    ):
        if reply.status_code != 200:
            raise ServiceError(_refusal(reply.status_code, api_key))
        for piece in reply.iter_bytes():
            body += piece
            if len(body) > _LONGEST:
                raise ServiceError("it answers with megabytes, not with a list of models")
            if time.monotonic() > deadline:
                raise ServiceError(f"no whole answer within {READ_LIMIT:g} s")
    return json.loads(body)


def _names(answer: Any) -> list[str]:
    names = [model["id"] for model in answer["data"]]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("a model's id is no text")
    return names


def _refusal(status: int, api_key: Secret | None) -> str:
    why = "it does not take the API key" if status == 401 and api_key else _WHY.get(status)
    return f"it answers {status}" + (f": {why}" if why else "")
