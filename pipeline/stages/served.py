"""What stages share that ask a server."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.errors import RecipeError
from pipeline.secret import Secret, secret
from pipeline.stage import Stage, runtime

if TYPE_CHECKING:
    from pipeline.models.language.chat import Sampling
    from pipeline.models.language.endpoint import Endpoint

ENDPOINT_NOTE = (
    "Answers come from an endpoint, which gives the same ones for the same seeds only on the same "
    "hardware and version (vLLM: with batch invariance on)."
)

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


@dataclass(frozen=True)
class Served(Stage):
    """A stage that asks a server with OpenAI's chat API: vLLM, llama.cpp, a hosted service."""

    base_url: str = runtime("http://127.0.0.1:8000/v1")
    """Where the server is, up to and including the API's version."""
    serve: str = runtime("")
    """A command that serves the model, which then runs as long as the step does; `{port}` stands
    for a free port, and what answers there takes the place of `base_url`. Such as
    `vllm serve ORG/NAME --host 127.0.0.1 --port {port}`. "" where a server runs already."""
    api_key_env: str = runtime("")
    """The name of the environment variable that holds the server's API key; "" where it wants
    none. The key is neither stored nor shown."""
    api_key: Secret | None = field(
        default=None, repr=False, compare=False, metadata=secret("api_key_env")
    )
    concurrency: int = runtime(16)
    """Requests in flight."""
    timeout: float = runtime(120.0)
    """Seconds for one request."""
    retries: int = runtime(5)
    """After time-outs, lost connections, broken replies, 401, 403, 404, 429 and 5xx. The pause
    before one doubles each time, up to half a minute, and is never shorter than the server asks
    for."""

    def __post_init__(self) -> None:
        if not _is_address(self.base_url):
            raise RecipeError(
                "`base_url` should be an address such as http://127.0.0.1:8000/v1, without user "
                "name, password and query."
            )
        if self.serve and "{port}" not in self.serve:
            raise RecipeError("`serve` is a command with {port} in it, the port to listen on.")
        if self.api_key_env and not _VARIABLE.fullmatch(self.api_key_env):
            # Not quoted: it may be the key itself.
            raise RecipeError(
                "`api_key_env` is not the name of an environment variable, which has capitals, "
                "digits and `_` only. The key itself does not belong in a recipe."
            )
        if self.concurrency < 1:
            raise RecipeError("`concurrency` must be at least 1.")
        if self.retries < 0:
            raise RecipeError("`retries` must not be below 0.")
        if self.timeout <= 0:
            raise RecipeError("`timeout` must be above 0 seconds.")

    @property
    def paths(self) -> tuple[str, ...]:
        # A server's name for its model is no path, whatever lies beside the recipe.
        return ()

    def endpoint(self, model: str, sampling: "Sampling") -> "Endpoint":
        """The server, to be asked."""
        from pipeline.models.language.endpoint import Endpoint

        if self.api_key_env and self.api_key is None:
            raise RuntimeError(f"stage `{self.name}` runs without `with_secrets`")
        return Endpoint(
            base_url=self.base_url,
            model=model,
            sampling=sampling,
            concurrency=self.concurrency,
            timeout=self.timeout,
            retries=self.retries,
            api_key=self.api_key,
        )


def check_sampling(temperature: float, top_p: float, max_tokens: int) -> None:
    """Hold the options of that name to their ranges.

    Raises:
        RecipeError: one is out of range.
    """
    if temperature < 0:
        raise RecipeError("`temperature` must not be below 0.")
    if not 0 < top_p <= 1:
        raise RecipeError("`top_p` must be above 0 and at most 1.")
    if max_tokens < 1:
        raise RecipeError("`max_tokens` must be at least 1.")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0  # raises ValueError where it is no port
            and "@" not in parts.netloc
            and all("!" <= character <= "~" and character not in "?#" for character in url)
        )
    except ValueError:
        return False
