"""What a chat endpoint's reply means: an answer, another try, or the end of it."""

from dataclasses import dataclass
from typing import Any

import httpx

from pipeline.models.language.chat import Answer
from pipeline.secret import Secret
from pipeline.waiting import retry_after
from schemas.table import Seconds

_TRY_AGAIN = (408, 425, 429)
_HOPELESS = {
    401: "it wants an API key: say in `api_key_env` which environment variable holds it",
    403: "it does not let this client in",
    404: "it knows no such address or model",
}
"""If it lasts, every request of the run would get it. In passing, gateways answer so while they
load a model or lose one of several servers."""
_WRONG_KEY = "it does not take the API key"


@dataclass(frozen=True)
class Retry:
    """It may work another time."""

    reason: str
    detail: str
    after: Seconds | None = None
    """How long the server asks to wait."""
    hopeless: str = ""
    """A sentence for people if it is no use to go on with other requests while this lasts."""


@dataclass(frozen=True)
class Refused:
    """The server does not want this request."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Replies:
    """Reads the replies of one server. What it quotes never holds the key."""

    base_url: str
    api_key: Secret | None

    def meaning(self, reply: httpx.Response) -> Answer | Retry | Refused:
        """The meaning of a reply."""
        status = reply.status_code
        reason = f"endpoint_http_{status}"
        detail = f"the server answered {status}: {self._excerpt(reply)}"
        if status in _HOPELESS:
            why = _WRONG_KEY if status == 401 and self.api_key else _HOPELESS[status]
            return Retry(
                reason,
                detail,
                hopeless=f"The server at {self.base_url} answers {status}: {why} "
                f"({self._excerpt(reply)}).",
            )
        if status in _TRY_AGAIN or status >= 500:
            return Retry(reason, detail, retry_after(reply.headers.get("retry-after")))
        if status != 200:
            return Refused(reason, detail)
        try:
            return _answer(reply.json())
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            return Retry("endpoint_bad_body", f"no chat completion: {self._excerpt(reply)}")

    def unreachable(self, error: httpx.ConnectError) -> Retry:
        """Nobody listens there."""
        return Retry(
            "endpoint_unreachable",
            str(error),
            hopeless=f"No model answers at {self.base_url} ({error}). Start the server, "
            "or set `base_url` to where it is.",
        )

    def _excerpt(self, reply: httpx.Response) -> str:
        """The start of a body as one printable line."""
        text = self.api_key.hide(reply.text) if self.api_key else reply.text
        visible = "".join(c if c.isprintable() else " " for c in text[:400])
        return " ".join(visible.split())[:160] or "empty body"


def _answer(body: Any) -> Answer:
    choice = body["choices"][0]
    text = choice["message"]["content"]
    if text is None:  # a reasoning model that spent its tokens before it came to the answer
        text = ""
    if not isinstance(text, str):
        raise TypeError(type(text))
    return Answer(text, choice.get("finish_reason") != "length")
