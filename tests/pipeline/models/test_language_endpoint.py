"""The endpoint backend against a real HTTP server that fails on purpose."""

import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from pipeline.errors import ServiceError
from pipeline.models.language.chat import Answer, ChatRequest, Media, Sampling
from pipeline.models.language.endpoint import Endpoint
from pipeline.secret import Secret
from pipeline.stage import Failure
from pipeline.waiting import pause, retry_after
from tests.chat_server import Reply, chat_server, fails, says

SAMPLING = Sampling(temperature=0.7, top_p=0.9, max_tokens=160)
KEY = "sk-Not_a-real+key/0123456789="


def requests(count: int) -> list[ChatRequest]:
    return [ChatRequest(f"clip-{n}", f"message {n}", 100 + n) for n in range(count)]


def endpoint(url: str, **options: Any) -> Endpoint:
    return Endpoint(url, "tiny", SAMPLING, **({"backoff": 0.001, "retries": 3} | options))


def first_then(first: Reply, then: Reply) -> Any:
    return lambda body, before: then if before else first


def test_each_answer_comes_back_in_its_place() -> None:
    with chat_server(lambda body, _: says(body["messages"][0]["content"].upper())) as server:
        answers = endpoint(server.url).answer(requests(7))
    assert answers == [Answer(f"MESSAGE {n}", True) for n in range(7)]


def test_a_request_states_model_seed_and_sampling_and_has_one_user_message() -> None:
    with chat_server(lambda body, _: says("yes")) as server:
        endpoint(server.url + "/").answer(requests(1))
    assert server.paths == ["/v1/chat/completions"]
    assert server.asked == [
        {
            "model": "tiny",
            "messages": [{"role": "user", "content": "message 0"}],
            "seed": 100,
            "temperature": 0.7,
            "top_p": 0.9,
            "max_tokens": 160,
            "n": 1,
        }
    ]


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (
            Media("jpeg", b"\xff\xd8\xff"),
            {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/"}},
        ),
        (
            Media("wav", b"RIFF"),
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        ),
    ],
    ids=["jpeg", "wav"],
)
def test_media_come_before_the_text(media: Media, part: dict[str, Any]) -> None:
    with chat_server(lambda body, _: says("yes")) as server:
        endpoint(server.url).answer([ChatRequest("clip-0", "what?", 1, media)])
    (body,) = server.asked
    assert body["messages"] == [
        {"role": "user", "content": [part, {"type": "text", "text": "what?"}]}
    ]


def test_many_requests_are_in_flight_and_never_more_than_asked_for() -> None:
    together = threading.Barrier(4, timeout=20)

    def answer(body: dict[str, Any], before: int) -> Reply:
        together.wait()  # breaks, and the request fails, unless four come at the same time
        return says("yes")

    with chat_server(answer) as server:
        answers = endpoint(server.url, concurrency=4).answer(requests(8))
    assert answers == [Answer("yes", True)] * 8
    assert server.most_at_once == 4


def test_answers_are_in_the_order_of_the_requests_whatever_order_they_come_in() -> None:
    others = threading.Semaphore(0)

    def answer(body: dict[str, Any], before: int) -> Reply:
        text = body["messages"][0]["content"]
        if text == "message 0":  # answered after all the others
            assert all(others.acquire(timeout=20) for _ in range(5))
        else:
            others.release()
        return says(text.upper())

    with chat_server(answer) as server:
        answers = endpoint(server.url, concurrency=3).answer(requests(6))
    assert answers == [Answer(f"MESSAGE {n}", True) for n in range(6)]


def test_requests_are_not_taken_far_ahead_of_the_answers() -> None:
    lock = threading.Lock()
    taken, answered, ahead = 0, 0, []

    def coming() -> Iterator[ChatRequest]:
        nonlocal taken
        for request in requests(40):
            with lock:
                taken += 1
                ahead.append(taken - answered)
            yield request

    def answer(body: dict[str, Any], before: int) -> Reply:
        nonlocal answered
        with lock:
            answered += 1
        return says("yes")

    with chat_server(answer) as server:
        answers = endpoint(server.url, concurrency=4).answer(coming())
    assert answers == [Answer("yes", True)] * 40
    assert max(ahead) <= 4


def test_what_goes_wrong_while_requests_are_made_ends_the_asking() -> None:
    def coming() -> Iterator[ChatRequest]:
        yield from requests(3)
        raise ServiceError("the shard is damaged")

    with (
        chat_server(lambda body, _: says("yes")) as server,
        pytest.raises(ServiceError, match="the shard is damaged"),
    ):
        endpoint(server.url, concurrency=2).answer(coming())


def test_an_answer_that_was_cut_at_max_tokens_says_so() -> None:
    with chat_server(lambda body, _: says("a long", "length")) as server:
        assert endpoint(server.url).answer(requests(1)) == [Answer("a long", False)]


def test_an_answer_without_content_is_empty() -> None:
    with chat_server(lambda body, _: says(None)) as server:
        assert endpoint(server.url).answer(requests(1)) == [Answer("", True)]


@pytest.mark.parametrize(
    "broken",
    [
        fails(429, retry_after="0"),
        fails(500),
        fails(503, retry_after="nonsense"),
        fails(401),
        fails(403),
        fails(404),
        Reply(says("a red barn").body, cut_off_after=20),
        Reply(b"<html>gateway</html>"),
        Reply(b'{"choices": []}'),
        Reply(b'{"choices": [{"message": null}]}'),
        Reply(b'{"choices": [{"message": {"content": 7}}]}'),
        Reply(b'{"choices": ' + b"1" * 5000 + b"}"),
        Reply(b"[" * 100_000),
        Reply(b"\xff\xfe"),
        Reply(b""),
    ],
    ids=lambda reply: f"{reply.status}-{reply.body[:20]!r}-{reply.cut_off_after}",
)
def test_a_passing_fault_is_tried_again(broken: Reply) -> None:
    with chat_server(first_then(broken, says("a red barn"))) as server:
        assert endpoint(server.url).answer(requests(1)) == [Answer("a red barn", True)]
    assert len(server.asked) == 2
    assert server.asked[0] == server.asked[1]


def test_a_slow_answer_is_given_up_and_tried_again() -> None:
    never = threading.Event()
    slow = Reply(says("late").body, held_until=never)
    with chat_server(first_then(slow, says("in time"))) as server:
        assert endpoint(server.url, timeout=0.5).answer(requests(1)) == [Answer("in time", True)]
        never.set()


def test_an_answer_that_trickles_in_is_given_up_and_tried_again() -> None:
    never = threading.Event()
    slow = Reply(says("late").body, held_until=never, held_after=10)
    with chat_server(first_then(slow, says("in time"))) as server:
        assert endpoint(server.url, timeout=0.5).answer(requests(1)) == [Answer("in time", True)]
        never.set()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (fails(500), "endpoint_http_500"),
        (fails(429), "endpoint_http_429"),
        (Reply(says("a red barn").body, cut_off_after=20), "endpoint_broken_reply"),
        (Reply(b'{"choices": []}'), "endpoint_bad_body"),
    ],
)
def test_a_lasting_fault_is_a_failure_of_its_clip_alone(broken: Reply, reason: str) -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        return broken if body["seed"] == 101 else says("yes")

    with chat_server(answer) as server:
        first, second, third = endpoint(server.url, retries=2).answer(requests(3))
    assert isinstance(second, Failure)
    assert (second.clip_id, second.reason) == ("clip-1", reason)
    assert first == third == Answer("yes", True)
    assert [body["seed"] for body in server.asked].count(101) == 3


def test_a_refused_request_is_not_repeated() -> None:
    with chat_server(lambda body, _: fails(400, "too\nlong \x1b[31m")) as server:
        (failure,) = endpoint(server.url).answer(requests(1))
    assert isinstance(failure, Failure)
    assert failure.reason == "endpoint_http_400"
    assert failure.detail.isprintable()
    assert len(server.asked) == 1


def test_a_wait_that_is_too_long_is_not_waited_for() -> None:
    with chat_server(lambda body, _: fails(429, retry_after="86400")) as server:
        (failure,) = endpoint(server.url).answer(requests(1))
    assert isinstance(failure, Failure)
    assert failure.reason == "endpoint_http_429"
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_every_request_would_meet_stops_the_step(status: int) -> None:
    with (
        chat_server(lambda body, _: fails(status, "The model `tiny` does not exist")) as server,
        pytest.raises(ServiceError, match=rf"{status}.*model `tiny` does not exist"),
    ):
        endpoint(server.url).answer(requests(20))


def test_a_picture_that_the_server_objects_to_fails_alone() -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        return fails(403, "flagged") if body["seed"] == 101 else says("yes")

    with chat_server(answer) as server:
        first, second, third = endpoint(server.url).answer(requests(3))
    assert isinstance(second, Failure)
    assert (second.clip_id, second.reason) == ("clip-1", "endpoint_http_403")
    assert first == third == Answer("yes", True)


def test_a_server_that_is_not_there_stops_the_step_with_its_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ServiceError, match=url):
        endpoint(url, retries=1).answer(requests(3))


def test_nothing_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with chat_server(lambda body, _: says("yes")) as server:
        assert endpoint(server.url).answer(requests(1)) == [Answer("yes", True)]
    assert "authorization" not in server.headers[0]


def test_the_key_is_sent_as_a_bearer_token_and_with_nothing_else() -> None:
    with chat_server(lambda body, _: says("yes")) as server:
        endpoint(server.url, api_key=Secret(KEY)).answer(requests(1))
    assert server.headers[0].pop("authorization") == f"Bearer {KEY}"
    assert KEY not in str((server.asked, server.paths, server.headers))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_server_that_quotes_the_key_does_not_bring_it_into_errors_or_logs(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = None
    with chat_server(lambda body, _: fails(status, f"{'x' * 130} {KEY} is wrong")) as server:
        made = endpoint(server.url, api_key=Secret(KEY), retries=1)
        try:
            said = str(made.answer(requests(1)))
        except ServiceError as error:
            said = str(error)
    assert str(status) in said
    assert "***" in said
    assert caplog.records
    for text in (said, caplog.text, repr(made)):
        assert KEY not in text
        assert KEY[:8] not in text


def test_a_wrong_key_and_no_key_are_told_apart() -> None:
    with chat_server(lambda body, _: fails(401)) as server:
        with pytest.raises(ServiceError, match="api_key_env"):
            endpoint(server.url, retries=0).answer(requests(1))
        with pytest.raises(ServiceError, match="does not take the API key"):
            endpoint(server.url, retries=0, api_key=Secret(KEY)).answer(requests(1))


def test_the_key_does_not_follow_a_redirect() -> None:
    with (
        chat_server(lambda body, _: says("caught")) as other,
        chat_server(lambda body, _: fails(307, location=f"{other.url}/chat/completions")) as server,
    ):
        (failure,) = endpoint(server.url, api_key=Secret(KEY)).answer(requests(1))
    assert isinstance(failure, Failure)
    assert failure.reason == "endpoint_http_307"
    assert other.asked == []


def test_no_requests_need_no_server() -> None:
    assert endpoint("http://127.0.0.1:9/v1").answer([]) == []


def test_pauses_double_have_jitter_and_are_the_same_in_every_run() -> None:
    pauses = [pause(7, attempt, 0.5, None) for attempt in range(5)]
    for attempt, seconds in enumerate(pauses):
        assert 0.25 * 2**attempt <= seconds <= 0.75 * 2**attempt
    assert pauses == [pause(7, attempt, 0.5, None) for attempt in range(5)]
    assert len({pause(seed, 0, 0.5, None) for seed in range(20)}) == 20
    assert pause(7, 1000, 0.5, None) <= 45


def test_a_pause_is_never_shorter_than_the_server_asks_for() -> None:
    assert all(pause(seed, 0, 0.5, 3.0) > 3.0 for seed in range(20))


def test_retry_after_is_seconds_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90))
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=90))
    assert retry_after("7") == 7.0
    assert retry_after(" 1.5 ") == 1.5
    assert retry_after(soon) == pytest.approx(90, abs=5)
    assert retry_after(past) == 0.0
    assert retry_after("soon") is None
    assert retry_after("9 Jan 99999999999 1:1:1") is None
    assert retry_after(None) is None
