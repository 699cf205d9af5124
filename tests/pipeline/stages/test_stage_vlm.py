"""Stage `vlm` against a real HTTP server: every clip ends as one row per question or as one
failure."""

import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pipeline.errors import RecipeError, ServiceError
from pipeline.stage import Failure, Sample, fingerprint
from pipeline.stages.served import ENDPOINT_NOTE
from pipeline.stages.vlm import Vlm
from schemas import CLIPS, FRAME_CAPTIONS
from schemas.captions import FrameCaption
from tests.chat_server import ChatServer, Reply, chat_server, fails, says
from tests.inputs import MemoryInputs, sample, shard_of

QUESTIONS = {"what": "What is it?", "style": "Which style?"}
PREFIX = "data:image/jpeg;base64,"


def stage(server: ChatServer, **options: Any) -> Vlm:
    given = {"model": "tiny", "base_url": server.url, "questions": QUESTIONS, "retries": 1}
    return Vlm(**(given | options))


def run(made: Vlm, inputs: MemoryInputs) -> tuple[list[FrameCaption], list[Failure]]:
    """Rows and failures; together they are the shard's clips, and no clip is in both."""
    outcomes = list(made.run(inputs))
    rows = [outcome for outcome in outcomes if isinstance(outcome, FrameCaption)]
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    told = [f.clip_id for f in failures] + sorted({row.clip_id for row in rows})
    assert sorted(told) == sorted(clip.clip_id for clip in inputs.rows(CLIPS))
    return sorted(rows, key=FRAME_CAPTIONS.key_of), failures


def picture(body: dict[str, Any]) -> bytes:
    url = body["messages"][0]["content"][0]["image_url"]["url"]
    assert url.startswith(PREFIX)
    return b64decode(url.removeprefix(PREFIX), validate=True)


def question(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"][1]["text"])


def about(number: int, text: str = "Which style?") -> Any:
    """Whether a request asks `text` about clip `number`."""
    frame = sample(number).frame
    return lambda body: picture(body) == frame and question(body) == text


def echo(body: dict[str, Any], before: int = 0) -> Reply:
    """An answer that depends on all that is asked."""
    return says(f"{question(body)} {sum(picture(body))} {body['seed']}")


def test_each_frame_is_asked_each_question_and_the_server_gets_the_very_file() -> None:
    media = [sample(number) for number in range(3)]
    with chat_server(echo) as server:
        rows, failures = run(stage(server), shard_of(media))
    assert failures == []
    assert sorted((picture(body), question(body)) for body in server.asked) == sorted(
        (clip.frame, text) for clip in media for text in QUESTIONS.values()
    )
    assert [(row.clip_id, row.question, row.prompt) for row in rows] == [
        (clip.clip_id, name, QUESTIONS[name]) for clip in media for name in ("style", "what")
    ]
    for row in rows:
        frame = next(clip.frame for clip in media if clip.clip_id == row.clip_id)
        assert row.answer.startswith(f"{row.prompt} {sum(frame)} ")
        assert (row.model, row.revision) == ("tiny", "endpoint")


def test_a_request_states_the_sampling_and_puts_the_picture_first() -> None:
    with chat_server(echo) as server:
        run(stage(server, temperature=0.5, top_p=0.8, max_tokens=30), shard_of([sample(0)]))
    for body in server.asked:
        assert [part["type"] for part in body["messages"][0]["content"]] == ["image_url", "text"]
        assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.5, 0.8, 30)
    assert len({body["seed"] for body in server.asked}) == 2


def test_rows_depend_on_the_seed_and_not_on_concurrency_or_the_order_of_answers() -> None:
    inputs = shard_of([sample(number) for number in range(6)])
    others = threading.Semaphore(0)
    first = about(0, "What is it?")

    def late(body: dict[str, Any], before: int) -> Reply:
        if first(body):  # answered when all the others are
            assert all(others.acquire(timeout=20) for _ in range(11))
        else:
            others.release()
        return echo(body)

    with chat_server(echo) as server:
        one, _ = run(stage(server, concurrency=1), inputs)
        other, _ = run(stage(server, seed=1), inputs)
    with chat_server(late) as server:
        many, _ = run(stage(server, concurrency=5), inputs)
    assert one == many
    assert [row.answer for row in one] != [row.answer for row in other]


def test_requests_are_in_flight_together_and_never_more_than_asked_for() -> None:
    together = threading.Barrier(4, timeout=20)

    def answer(body: dict[str, Any], before: int) -> Reply:
        together.wait()  # breaks, and the request fails, unless four come at the same time
        return echo(body)

    with chat_server(answer) as server:
        rows, failures = run(
            stage(server, concurrency=4), shard_of([sample(number) for number in range(6)])
        )
    assert (len(rows), failures) == (12, [])
    assert server.most_at_once == 4


@dataclass
class Counted(MemoryInputs):
    """Counts the samples that were read."""

    read: int = 0

    def samples(self) -> Iterator[Sample]:
        for each in super().samples():
            self.read += 1
            yield each


def test_the_shard_is_read_only_as_fast_as_answers_come() -> None:
    plain = shard_of([sample(number) for number in range(20)])
    inputs = Counted(plain.tables, plain.media)
    lock = threading.Lock()
    answered, ahead = 0, []

    def answer(body: dict[str, Any], before: int) -> Reply:
        nonlocal answered
        with lock:
            ahead.append(inputs.read - answered)
            answered += 1
        return echo(body)

    with chat_server(answer) as server:
        rows, _ = run(stage(server, questions={"what": "?"}, concurrency=3), inputs)
    assert len(rows) == 20
    assert max(ahead) <= 4  # three in flight, and the one that is being read


BROKEN = {
    "http_500": fails(500),
    "http_429": fails(429, retry_after="0"),
    "http_400": fails(400, "the image is too large"),
    "broken_reply": Reply(says("a red barn").body, cut_off_after=20),
    "bad_body": Reply(b'{"choices": []}'),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_question_that_fails_for_good_fails_its_clip_alone(reason: str) -> None:
    media = [sample(number) for number in range(3)]
    struck = about(1)
    with chat_server(lambda body, _: BROKEN[reason] if struck(body) else echo(body)) as server:
        rows, failures = run(stage(server), shard_of(media))
    assert [(f.clip_id, f.reason) for f in failures] == [(media[1].clip_id, f"endpoint_{reason}")]
    assert failures[0].detail
    assert {row.clip_id for row in rows} == {media[0].clip_id, media[2].clip_id}
    assert len(rows) == 4


def test_an_answer_that_never_comes_fails_its_clip_alone() -> None:
    media = [sample(number) for number in range(2)]
    struck, never = about(1), threading.Event()

    def answer(body: dict[str, Any], before: int) -> Reply:
        return replace(echo(body), held_until=never) if struck(body) else echo(body)

    with chat_server(answer) as server:
        rows, failures = run(stage(server, timeout=0.5, retries=0), shard_of(media))
        never.set()
    assert [(f.clip_id, f.reason) for f in failures] == [(media[1].clip_id, "endpoint_timeout")]
    assert len(rows) == 2


@pytest.mark.parametrize(
    "fault",
    [
        fails(500),
        fails(503),
        fails(404),
        fails(429, retry_after="0"),
        BROKEN["broken_reply"],
        BROKEN["bad_body"],
        Reply(b"<html>gateway</html>"),
    ],
    ids=lambda reply: f"{reply.status}-{reply.body[:20]!r}",
)
def test_a_passing_fault_leaves_no_trace(fault: Reply) -> None:
    inputs = shard_of([sample(number) for number in range(2)])
    with chat_server(echo) as server:
        calm = run(stage(server), inputs)
    with chat_server(lambda body, before: echo(body) if before else fault) as server:
        assert run(stage(server), inputs) == calm
        assert len(server.asked) == 8


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_that_lasts_stops_the_step(status: int) -> None:
    with (
        chat_server(lambda body, _: fails(status, "no model `tiny`")) as server,
        pytest.raises(ServiceError, match=rf"{status}.*no model `tiny`"),
    ):
        list(stage(server, retries=0).run(shard_of([sample(0), sample(1)])))


def test_a_server_that_is_not_there_stops_the_step() -> None:
    with chat_server(echo) as server:
        gone = stage(server, retries=0)
    with pytest.raises(ServiceError, match=gone.base_url):
        list(gone.run(shard_of([sample(0)])))


def test_a_frame_that_cannot_be_decoded_is_a_failure_and_nobody_is_asked_about_it() -> None:
    media = [sample(0), sample(1, frame=b"\xff\xd8\xff no picture"), sample(2, frame=b"")]
    with chat_server(echo) as server:
        rows, failures = run(stage(server), shard_of(media))
    assert [(f.clip_id, f.reason) for f in failures] == [
        (media[1].clip_id, "undecodable"),
        (media[2].clip_id, "undecodable"),
    ]
    assert {row.clip_id for row in rows} == {media[0].clip_id}
    assert len(server.asked) == 2


def test_a_clip_that_the_shard_lacks_is_a_failure() -> None:
    inputs = shard_of([sample(0), sample(1)])
    inputs.media.pop()
    with chat_server(echo) as server:
        rows, failures = run(stage(server), inputs)
    assert [(f.clip_id, f.reason) for f in failures] == [(sample(1).clip_id, "no_media")]
    assert len(rows) == 2


def test_a_clip_about_which_nothing_is_said_is_a_failure() -> None:
    silent, half = sample(0), sample(1)

    def answer(body: dict[str, Any], before: int) -> Reply:
        if picture(body) == silent.frame:
            return says(None if question(body) == "What is it?" else " \n")
        return says("" if question(body) == "What is it?" else "oil")

    with chat_server(answer) as server:
        rows, failures = run(stage(server), shard_of([silent, half]))
    assert [(f.clip_id, f.reason) for f in failures] == [(silent.clip_id, "empty_answer")]
    assert {row.question: row.answer for row in rows} == {"what": "", "style": "oil"}


def test_answers_that_were_cut_off_are_kept_and_counted() -> None:
    inputs = shard_of([sample(0), sample(1)])
    with chat_server(lambda body, _: says("a long", "length")) as server:
        rows, _ = run(stage(server), inputs)
    assert {row.answer for row in rows} == {"a long"}
    assert inputs.notes == [ENDPOINT_NOTE, "4 answer(s) were cut off at `max_tokens`."]


def test_a_hostile_answer_does_no_harm() -> None:
    with chat_server(lambda body, _: says(" a \x1b[2Jbarn\x00\ud800\u202e\r\nby night ")) as server:
        rows, _ = run(stage(server), shard_of([sample(0)]))
    assert all(line.isprintable() for row in rows for line in row.answer.split("\n"))
    assert rows[0].answer.endswith("\nby night")


def test_a_shard_without_clips_needs_no_server() -> None:
    assert list(Vlm(base_url="http://127.0.0.1:9/v1").run(shard_of([]))) == []


def test_the_model_is_named_as_the_servers() -> None:
    (record,) = Vlm(model="tiny").models().values()
    assert (record.model, record.revision, record.digest) == ("tiny", "endpoint", None)


def test_speed_and_place_are_no_part_of_the_fingerprint() -> None:
    made = Vlm()
    for option, value in {
        "base_url": "http://10.0.0.1/v1",
        "api_key_env": "SOME_KEY",
        "concurrency": 1,
        "timeout": 9.0,
        "retries": 0,
    }.items():
        assert fingerprint(replace(made, **{option: value}), {}) == fingerprint(made, {})
    for option, value in {
        "model": "other",
        "questions": QUESTIONS,
        "temperature": 0.1,
        "top_p": 0.9,
        "max_tokens": 20,
        "seed": 1,
    }.items():
        assert fingerprint(replace(made, **{option: value}), {}) != fingerprint(made, {})


@pytest.mark.parametrize(
    "options",
    [
        {"questions": {}},
        {"questions": {"what": " "}},
        {"temperature": -0.1},
        {"top_p": 0.0},
        {"max_tokens": 0},
        {"concurrency": 0},
        {"retries": -1},
        {"timeout": 0.0},
        {"base_url": "127.0.0.1:8000/v1"},
        {"base_url": "http://user:sk-secret@host/v1"},
        {"base_url": "http://host/v1?key=sk-secret"},
        {"base_url": "http://host:99999/v1"},
        {"base_url": "http://ho st/v1"},
        {"api_key_env": "sk-secret"},
        {"api_key_env": "hf_secret"},
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(RecipeError, match=f"`{name}`") as caught:
        Vlm(**options)
    assert "secret" not in str(caught.value)
