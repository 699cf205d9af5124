import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from pipeline.errors import SourceError
from pipeline.sources.yt8m.answers import Answer, Answers

KILLED = """
import sys, time
from pathlib import Path
from pipeline.sources.yt8m.answers import Answers
with Answers(Path(sys.argv[1]), 0) as answers:
    for n in range(10**6):
        answers.learn(f"{n:04d}", "aqz-KE-bpKQ" if n % 2 else None)
        time.sleep(0.001)
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cache" / "ids.sqlite"


def learn(file, **answers):
    with Answers(file, 0) as opened:
        for pseudo_id, youtube_id in answers.items():
            opened.learn(pseudo_id, youtube_id)


def test_answers_and_videos_that_are_gone_are_remembered(file):
    learn(file, AAAA="aqz-KE-bpKQ", BBBB=None)
    with Answers(file, 0) as answers:
        assert answers.find("AAAA") == Answer("aqz-KE-bpKQ")
        assert answers.find("BBBB") == Answer(None)
        assert answers.find("CCCC") is None


def test_ids_that_differ_in_case_are_two(file):
    learn(file, AAAA="aqz-KE-bpKQ")
    with Answers(file, 0) as answers:
        assert answers.find("aaaa") is None


def test_what_an_error_interrupts_is_kept(file):
    def interrupted():
        with Answers(file, 0) as answers:
            answers.learn("AAAA", "aqz-KE-bpKQ")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with Answers(file, 0) as answers:
        assert answers.find("AAAA")


def test_a_firewall_that_refuses_everything_is_not_taken_for_videos_that_are_gone(file):
    learn(file, AAAA=None, BBBB=None)
    with Answers(file, 0) as answers:
        assert answers.find("AAAA") is None


@pytest.mark.parametrize(("gone_days", "known"), [(0, True), (365, True), (89, False)])
def test_a_video_that_was_gone_is_unknown_again_after_some_days(file, gone_days, known):
    learn(file, AAAA="aqz-KE-bpKQ", BBBB=None)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE answers SET at = ?", (time.time() - 90 * 86_400,))
    with Answers(file, gone_days) as answers:
        assert (answers.find("BBBB") is not None) == known
        assert answers.find("AAAA")


def test_a_killed_process_loses_two_seconds_at_most(file):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(file)])
    time.sleep(0.5)
    while not (file.is_file() and _count(file)):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert _count(file) > 100
    with Answers(file, 0) as answers:
        assert answers.find("0000") == Answer(None)
        assert answers.find("0001") == Answer("aqz-KE-bpKQ")


def test_a_damaged_file_says_what_to_do(file):
    file.parent.mkdir()
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(SourceError, match=r"ids\.sqlite cannot be used .*delete the file"):
        Answers(file, 0)


def _count(file):
    try:
        with sqlite3.connect(file) as connection:
            return connection.execute("SELECT count(*) FROM answers").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
