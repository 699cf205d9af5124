"""Whether a server is well, and what it serves, against real servers on the loopback."""

import pytest

from pipeline.models.language.catalogue import Health, health
from pipeline.secret import Secret
from tests.model_lists import dead_port, model_list

KEY = "sk-not-for-anyones-eyes"


def test_the_models_are_listed_in_the_servers_order() -> None:
    with model_list("b", "a") as server:
        assert health(server.url, None) == Health(("b", "a"))
    assert server.paths == ["/v1/models"]
    assert server.authorizations == [None]


def test_the_key_is_sent_as_a_bearer_token_and_never_returned() -> None:
    with model_list(f"echo-{KEY}") as server:
        assert health(server.url, Secret(KEY)) == Health(("echo-***",))
    assert server.authorizations == [f"Bearer {KEY}"]


def test_a_dead_port_is_told_from_a_server_that_refuses() -> None:
    found = health(f"http://127.0.0.1:{dead_port()}/v1", None)
    assert (found.problem, found.there) == ("nobody answers", False)
    with model_list(status=500) as server:
        found = health(server.url, None)
    assert (found.problem, found.there) == ("it answers 500", True)


@pytest.mark.parametrize(
    ("status", "key", "why"),
    [
        (401, None, "it wants an API key: say in `api_key_env`"),
        (401, Secret(KEY), "it does not take the API key"),
        (403, None, "it does not let this client in"),
        (404, None, "should end with the API's version, such as /v1"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, key: Secret | None, why: str) -> None:
    with model_list(status=status, body=KEY.encode()) as server:
        found = health(server.url, key)
    assert why in found.problem
    assert KEY not in found.problem


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"data": [1]}', b'{"data": [{"id": 1}]}', b"[" * 10**5]
)
def test_what_is_no_list_of_models_is_a_problem(body: bytes) -> None:
    with model_list(body=body) as server:
        assert health(server.url, None).problem == "it answers, but not with a list of models"


def test_megabytes_are_not_read_to_their_end() -> None:
    with model_list(body=b" " * (5 * 2**20)) as server:
        assert "megabytes" in health(server.url, None).problem
