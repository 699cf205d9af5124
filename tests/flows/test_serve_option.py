"""A step's `serve` option, from the command line: the server is there for its step, and only for
it."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from pipeline.recipe import load
from pipeline.store import Dataset
from schemas import CLIPS, FRAME_CAPTIONS
from tests.flows.commands import Done, eventually, framesong, running
from tests.flows.conftest import Built

pytestmark = pytest.mark.timeout(900)

SERVER = '''
"""A model server that says which picture it was shown, and keeps a diary."""
import base64, hashlib, json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
port, manner, diary = int(sys.argv[1]), sys.argv[2], sys.argv[3]

def note(text):
    with open(diary, "a") as file:
        file.write(f"{text} {os.getpid()}\\n")

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        note("asked")
        if manner == "hangs":
            time.sleep(600)
        url = asked["messages"][0]["content"][0]["image_url"]["url"]
        said = hashlib.sha256(base64.b64decode(url.partition(",")[2])).hexdigest()
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        body = json.dumps({"choices": [choice]}).encode()
        self.send_response(403 if manner == "refuses" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
server.daemon_threads = True
note("started")
try:
    server.serve_forever()
finally:
    note("ended")
'''
STEP = """
[stage.{name}]
kind = "vlm"
model = "tiny"
questions = {{ {name} = "What is it?" }}
serve = "{python} model_server.py {{port}} {manner} {diary}"
retries = 0
"""


@dataclass(frozen=True)
class Case:
    """A copy of the dataset, with a recipe whose steps start servers."""

    recipe: Path
    dataset: Dataset
    diary: Path

    def notes(self) -> list[str]:
        """What servers did, in order, without their process ids."""
        return [line.split()[0] for line in self._lines()]

    def servers(self) -> set[int]:
        """The process ids of all that ever ran."""
        return {int(line.split()[1]) for line in self._lines()}

    def _lines(self) -> list[str]:
        return self.diary.read_text().splitlines() if self.diary.exists() else []


def case(built: Built, name: str, manner: str, *steps: str) -> Case:
    world = built.world
    (world.folder / "model_server.py").write_text(SERVER, encoding="utf-8")
    dataset = world.copy("built", name)
    diary = world.folder / f"{name}.diary"
    text = "".join(
        STEP.format(name=step, python=sys.executable, manner=manner, diary=diary.name)
        for step in steps
    )
    return Case(world.recipe(name, steps=text), dataset, diary)


@dataclass(frozen=True)
class Story:
    """Two steps, each with a server of its own, and the same command again."""

    case: Case
    first: Done
    notes: list[str]
    again: Done


@pytest.fixture(scope="module")
def story(built: Built) -> Story:
    made = case(built, "served", "answers", "look", "stare")
    first = framesong("annotate", made.recipe)
    return Story(made, first, made.notes(), framesong("annotate", made.recipe))


def test_the_rows_are_what_the_server_of_the_step_said(story: Story) -> None:
    assert story.first.code == 0, story.first.err
    dataset = story.case.dataset
    shown = {clip.clip_id: clip.frame_sha256 for clip in dataset.read_all(CLIPS)}
    for step in ("look", "stare"):
        variant = load(story.case.recipe).step(step).variant
        said = {row.clip_id: row.answer for row in dataset.read_all(FRAME_CAPTIONS, variant)}
        assert said == shown


def test_each_step_has_one_server_for_all_its_shards_and_it_ends_before_the_next(
    story: Story,
) -> None:
    clips = sum(1 for _ in story.case.dataset.read_all(CLIPS))
    assert len(story.case.dataset.shards()) > 1
    assert story.notes == 2 * ["started", *clips * ["asked"], "ended"]


def test_the_command_that_is_started_is_told(story: Story) -> None:
    told = [line for line in story.first.lines if ": starting " in line]
    assert [line.partition(":")[0] for line in told] == ["look", "stare"]
    assert all("model_server.py {port} answers" in line for line in told)


def test_no_server_is_left(story: Story) -> None:
    assert len(story.case.servers()) == 2
    assert not any(map(psutil.pid_exists, story.case.servers()))


def test_a_run_with_nothing_to_do_starts_no_server(story: Story) -> None:
    assert story.again.code == 0
    assert story.case.notes() == story.notes


def test_a_step_that_fails_ends_its_server(built: Built) -> None:
    failing = case(built, "refused", "refuses", "look")
    done = framesong("annotate", failing.recipe)
    assert done.code == 3, "nothing came out"
    assert "look: 1 shard, 0 of 7 clips, 3 shards FAILED" in done.err
    assert "answers 403" in done.err
    assert "Traceback" not in done.err
    assert failing.notes()[:: len(failing.notes()) - 1] == ["started", "ended"]
    assert "asked" in failing.notes()
    assert not any(map(psutil.pid_exists, failing.servers()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_takes_its_server_along(
    number: signal.Signals, built: Built
) -> None:
    held = case(built, f"held{number}", "hangs", "look")
    with running("annotate", held.recipe) as command:
        command.until(lambda: "asked" in held.notes())
        done = command.signal(number)
    assert done.code == (130 if number == signal.SIGINT else -number)
    assert eventually(lambda: not any(map(psutil.pid_exists, held.servers())))
    assert held.notes()[-1] == "ended", "in order"
