"""One value for every option of every stage, and what it should do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.captions import MusicCaption
from schemas.manifest import FailureRecord
from schemas.prompt import Prompt
from schemas.score import is_shuffled

SECOND = "fedcba9876543210fedcba9876543210fedcba98"
"""The commit of the revision `second` of each repository."""
KEY_VARIABLE = "TEST_API_KEY"
KEY = "sk-123"
DATA = Path(__file__).parents[2] / "data" / "lp_music_caps"


@dataclass(frozen=True)
class Ran:
    """What came of one run of a stage."""

    rows: list[Any]
    failures: list[FailureRecord]
    asked: list[dict[str, Any]]
    """The bodies of the requests to its server."""
    paths: set[str]
    keys: set[str | None]
    most_at_once: int

    def column(self, name: str) -> list[Any]:
        """One value of each row."""
        return [getattr(row, name) for row in self.rows]


Effect = Callable[[Ran, Ran], bool]
"""Is given the run without the option's value and the run with it."""


@dataclass(frozen=True)
class Case:
    """A value of an option that is not its default."""

    value: Any
    effect: Effect = lambda before, after: True
    given: dict[str, Any] = field(default_factory=dict)
    """Other options, without which this one does nothing; set in both runs."""
    failures: int = 0
    """Clips that it makes fail."""


def cases(models: Path, server: str) -> dict[str, dict[str, Case]]:
    """By stage and option.

    Args:
        models: the folder of what is no hub repository.
        server: its address.
    """
    second = Case("second", column_is("revision", SECOND))
    served = _served(server)
    here = {"backend": "transformers", "max_attempts": 1}
    exported = {"table": "prompts", "rows": str(models / "prompts.parquet")}
    return {
        "blip2": {
            "model": Case(str(models / "instructblip"), column_is("model", "instructblip")),
            "revision": second,
            "questions": Case({"what": "What is it?"}, column_is("question", "what")),
            "form": Case("Briefly: {question}", column_has("prompt", "Briefly: ")),
            "max_new_tokens": Case(2, shorter("answer")),
            "num_beams": Case(3, some_changed("answer")),
            "batch_size": Case(2),
        },
        "vlm": {
            **served,
            "questions": Case({"what": "What is it?"}, column_is("question", "what")),
        },
        "lp_music_caps": {
            "model": Case(str(DATA), column_is("model", "lp_music_caps")),
            "revision": second,
            "checkpoint": Case("supervised", changed("text")),
            "num_beams": Case(1, some_changed("text")),
            "max_length": Case(6, shorter("text")),
            "batch_size": Case(2),
        },
        "alm": {**served, "instruction": Case("What is heard?", asked("is heard?"))},
        "summarise": {
            **served,
            "revision": Case("second", column_is("revision", SECOND), here),
            "backend": Case("transformers", lambda _, after: not after.asked),
            "instruction": Case("Below {max_words} words.", asked("Below 70 words.")),
            "examples": Case(str(models / "mills.txt"), asked("- a mill ")),
            "examples_count": Case(1, lambda _, after: set(map(len, _examples(after))) == {1}),
            "examples_per": Case("shard", lambda _, after: len(set(_examples(after))) == 1),
            "needs_music": Case(True, failures=1),
            "max_attempts": Case(2, column_is("attempts", 2), {"max_words": 2}),
            "max_words": Case(2, column_is("violations", ["too_long"])),
            "clip_tokenizer": Case(
                "tiny/clip_score", lambda _, after: all(after.column("clip_tokens"))
            ),
            "batch_size": Case(2, given=here),
        },
        "clip_score": {
            "model": Case(str(models / "siglip"), column_is("metric", "siglip_cosine")),
            "revision": second,
            "text_prefix": Case("A photo depicts ", changed("value")),
            "shuffled": Case(False, _only_own),
            "batch_size": Case(2),
        },
        "clap_score": {
            "model": Case(str(models / "fused"), column_is("model", "fused")),
            "revision": second,
            "shuffled": Case(False, _only_own),
            "batch_size": Case(2),
        },
        "given": {
            "table": Case("music_captions", _only_music, exported),
            "rows": Case(str(models / "others.parquet"), changed("text"), exported),
        },
    }


def column_is(name: str, value: object) -> Effect:
    """Each row has this value there, and no row had it before."""
    return lambda before, after: all(
        [each == value for each in after.column(name)]
        + [each != value for each in before.column(name)]
    )


def column_has(name: str, part: str) -> Effect:
    """Each row's text has this in it, and none had it before."""
    return lambda before, after: all(
        [part in each for each in after.column(name)]
        + [part not in each for each in before.column(name)]
    )


def changed(name: str) -> Effect:
    """No row has the value that it had."""
    return lambda before, after: not set(after.column(name)) & set(before.column(name))


def some_changed(name: str) -> Effect:
    """At least one row has another value."""
    return lambda before, after: before.column(name) != after.column(name)


def shorter(name: str) -> Effect:
    """No row's text is longer than it was, and some are shorter."""

    def check(before: Ran, after: Ran) -> bool:
        pairs = list(zip(before.column(name), after.column(name), strict=True))
        return pairs != [] and (
            all(len(now) <= len(then) for then, now in pairs)
            and any(len(now) < len(then) for then, now in pairs)
        )

    return check


def asked(part: str) -> Effect:
    """Each request has this in its message, and none had it before."""
    return lambda before, after: all(
        [part in _message(body) for body in after.asked]
        + [part not in _message(body) for body in before.asked]
    )


def sent(name: str, value: object) -> Effect:
    """Each request states this, and none did before."""
    return lambda before, after: all(
        [body[name] == value for body in after.asked]
        + [body[name] != value for body in before.asked]
    )


def _message(body: dict[str, Any]) -> str:
    return repr(body["messages"])


def _examples(ran: Ran) -> list[tuple[str, ...]]:
    return [tuple(examples) for examples in ran.column("examples")]


def _only_own(before: Ran, after: Ran) -> bool:
    return after.rows == [row for row in before.rows if not is_shuffled(row.subject)]


def _only_music(before: Ran, after: Ran) -> bool:
    """The file of prompts has all columns of music captions."""
    return (
        {type(row) for row in before.rows} == {Prompt}
        and {type(row) for row in after.rows} == {MusicCaption}
        and before.column("text") == after.column("text")
    )


def _other_seeds(before: Ran, after: Ran) -> bool:
    return not {body["seed"] for body in before.asked} & {body["seed"] for body in after.asked}


def _served(server: str) -> dict[str, Case]:
    """The options of all stages that ask a server."""
    elsewhere = server.replace("/v1", "/elsewhere/v1")
    return {
        "base_url": Case(elsewhere, lambda _, after: after.paths == {"/elsewhere/v1"}),
        "serve": Case("serve --port {port}"),
        "api_key_env": Case(KEY_VARIABLE, lambda _, after: after.keys == {f"Bearer {KEY}"}),
        "concurrency": Case(1, lambda _, after: after.most_at_once == 1),
        "timeout": Case(60.0),
        "retries": Case(0),
        "model": Case("other", sent("model", "other")),
        "temperature": Case(0.5, sent("temperature", 0.5)),
        "top_p": Case(0.8, sent("top_p", 0.8)),
        "max_tokens": Case(30, sent("max_tokens", 30)),
        "seed": Case(1, _other_seeds),
    }
