"""A request in the words of OpenAI's chat API."""

from base64 import b64encode
from typing import Any

from pipeline.models.language.chat import ChatRequest, Media, Sampling


def body(request: ChatRequest, model: str, sampling: Sampling) -> dict[str, Any]:
    """The JSON of a chat completion request.

    Media come before the text, so that requests which ask different things about the same picture
    begin alike: a server with a prefix cache (vLLM) then reads the picture once.
    """
    return {
        "model": model,
        "messages": [{"role": "user", "content": _content(request)}],
        "seed": request.seed,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "n": 1,
    }


def _content(request: ChatRequest) -> str | list[dict[str, Any]]:
    if request.media is None:
        return request.text
    return [_part(request.media), {"type": "text", "text": request.text}]


def _part(media: Media) -> dict[str, Any]:
    data = b64encode(media.data).decode()
    if media.format == "jpeg":
        return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
    return {"type": "input_audio", "input_audio": {"data": data, "format": media.format}}
