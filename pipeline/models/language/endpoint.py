"""Any OpenAI-compatible chat endpoint: vLLM, llama.cpp, TGI, Ollama, hosted services."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from pipeline.errors import ServiceError
from pipeline.models.language.chat import Answer, ChatRequest, Sampling
from pipeline.models.language.replies import Refused, Replies, Retry
from pipeline.models.language.wire import body
from pipeline.secret import Secret
from pipeline.stage import Failure
from pipeline.waiting import LONGEST_WAIT, pause
from schemas.table import Seconds


@dataclass(frozen=True)
class Endpoint:
    """A `LanguageModel` behind HTTP. Requests run at the same time, each with its own seed.

    Nothing is taken from the environment: no proxy, no netrc file. Redirects are not followed.
    """

    base_url: str
    """Up to and including the version: `http://127.0.0.1:8000/v1`."""
    model: str
    """As the server calls it."""
    sampling: Sampling
    concurrency: int = 16
    timeout: Seconds = 120.0
    """For one attempt, from sending to the last byte."""
    retries: int = 5
    """After the first attempt, for 401, 403, 404, 408, 425, 429, 5xx, time-outs, lost connections
    and bodies that are no chat completion."""
    backoff: Seconds = 0.5
    """Mean pause before the first retry; it doubles each time."""
    api_key: Secret | None = field(default=None, repr=False)
    """Sent as a bearer token."""

    def answer(self, requests: Iterable[ChatRequest]) -> list[Answer | Failure]:
        """One outcome per request, in order.

        Args:
            requests: taken one by one, in another thread, and never more than `concurrency` ahead
                of the outcomes: whatever they carry, a shard of them is never in memory together.

        Raises:
            ServiceError: the server cannot be reached, or refuses this client or model.
        """
        return asyncio.run(self._all(requests))

    async def _all(self, requests: Iterable[ChatRequest]) -> list[Answer | Failure]:
        coming = enumerate(requests)
        outcomes: dict[int, Answer | Failure] = {}
        turn = asyncio.Lock()
        key = self.api_key
        limits = httpx.Limits(max_connections=self.concurrency)
        async with httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key.reveal()}"} if key else {},
            trust_env=False,
            limits=limits,
            timeout=None,  # noqa: S113 (each attempt has one of its own)
        ) as client:
            exchange = _Exchange(self, client)

            async def take_requests() -> None:
                while True:
                    async with turn:
                        # In a thread: reading and decoding a clip must not hold up the others.
                        place, request = await asyncio.to_thread(next, coming, (-1, None))
                    if request is None:
                        return
                    outcomes[place] = await exchange.outcome(request)

            await asyncio.gather(*(take_requests() for _ in range(self.concurrency)))
        return [outcomes[place] for place in range(len(outcomes))]


class _Exchange:
    """The requests and replies of one call of `answer`."""

    def __init__(self, endpoint: Endpoint, client: httpx.AsyncClient) -> None:
        self._endpoint = endpoint
        self._client = client
        self._replies = Replies(endpoint.base_url, endpoint.api_key)
        self._answered = False

    async def outcome(self, request: ChatRequest) -> Answer | Failure:
        endpoint = self._endpoint
        content = body(request, endpoint.model, endpoint.sampling)
        attempt = 0
        while True:
            outcome = await self._attempt(content)
            if isinstance(outcome, Answer):
                self._answered = True
                return outcome
            if isinstance(outcome, Refused):
                return Failure(request.clip_id, outcome.reason, outcome.detail)
            if attempt == endpoint.retries or (outcome.after or 0) > LONGEST_WAIT:
                self._stop_if_hopeless(outcome)
                return Failure(request.clip_id, outcome.reason, outcome.detail)
            await asyncio.sleep(pause(request.seed, attempt, endpoint.backoff, outcome.after))
            attempt += 1

    def _stop_if_hopeless(self, last: Retry) -> None:
        # Hosted services answer 403 also to a single picture that they object to.
        its_own = last.reason == "endpoint_http_403" and self._answered
        if last.hopeless and not its_own:
            raise ServiceError(last.hopeless)

    async def _attempt(self, content: dict[str, Any]) -> Answer | Retry | Refused:
        url = self._endpoint.base_url.rstrip("/") + "/chat/completions"
        try:
            async with asyncio.timeout(self._endpoint.timeout):
                reply = await self._client.post(url, json=content)
        except TimeoutError:
            limit = self._endpoint.timeout
            return Retry("endpoint_timeout", f"no answer within {limit:g} s")
        except httpx.ConnectError as error:
            return self._replies.unreachable(error)
        except httpx.HTTPError as error:
            return Retry("endpoint_broken_reply", str(error) or type(error).__name__)
        return self._replies.meaning(reply)
