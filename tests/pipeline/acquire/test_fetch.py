import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from pipeline.acquire.errors import Outcome
from pipeline.acquire.fetch import fetch_videos
from pipeline.acquire.settings import Fetching
from pipeline.errors import SessionBlocked
from schemas.media import Media
from schemas.video import Video
from tests.sites import Site
from tests.videos import make_video

QUICK = Fetching(
    retries=0, socket_timeout=2, gap_seconds=0, retry_pause_s=0.1, block_pauses_s=[0.3]
)


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("made") / "song.mp4", 3)


@pytest.fixture
def site(song):
    data = song.read_bytes()
    with Site({f"/{n}.mp4": data for n in range(4)}) as site:
        yield site


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "media" / "train-000000"


def a_video(name, url):
    return Video(video_id=name, source="s", url=url, song_id="x", split="train", shard="train-0")


def videos_on(site, count=4):
    return [a_video(f"here-{n}", site.url(f"/{n}.mp4")) for n in range(count)]


def fetch(videos, folder, **options):
    done = []
    media = fetch_videos(videos, folder, QUICK, done.append, **options)
    return media, done


def test_each_video_ends_as_one_outcome_in_order(site, folder):
    site.routes["/2.mp4"] = 404
    media, done = fetch(videos_on(site), folder)
    assert [row.video_id for row in media] == ["here-0", "here-1", "here-2", "here-3"]
    assert [row.status for row in media] == ["ok", "ok", "permanent", "ok"]
    assert done == media


def test_a_second_run_asks_for_nothing_and_says_the_same(site, folder):
    site.routes["/2.mp4"] = 404
    media, _ = fetch(videos_on(site), folder)
    asked = len(site.requests)
    again, done = fetch(videos_on(site), folder)
    assert (again, done) == (media, [])
    assert len(site.requests) == asked


def test_a_record_is_written_before_the_next_video_is_asked(site, folder):
    seen = []
    fetch_videos(
        videos_on(site),
        folder,
        QUICK,
        lambda media: seen.append((folder / f"{media.video_id}.json").is_file()),
    )
    assert seen == [True] * 4


def test_a_damaged_record_or_a_lost_file_is_fetched_again(site, folder):
    media, _ = fetch(videos_on(site), folder)
    (folder / "here-0.json").write_text('{"video_id": "here-')
    (folder.parent.parent / media[1].file).unlink()
    again, done = fetch(videos_on(site), folder)
    assert [row.video_id for row in done] == ["here-0", "here-1"]
    assert [row.sha256 for row in again] == [row.sha256 for row in media]


def test_a_block_stops_all_asking_and_keeps_what_there_is(site, folder):
    site.routes["/1.mp4"] = 429
    with pytest.raises(SessionBlocked, match=r"^here asks us to stop \(http_429\)"):
        fetch(videos_on(site), folder)
    assert [path.name for path in folder.glob("*.json")] == ["here-0.json"]
    assert site.asked("/2.mp4") == []
    site.routes["/1.mp4"] = site.routes["/0.mp4"]
    asked = len(site.requests)
    with pytest.raises(
        SessionBlocked, match=r"Nothing will be asked before [\d:]+; what was fetched is kept"
    ):
        fetch(videos_on(site), folder)
    assert len(site.requests) == asked
    time.sleep(QUICK.block_pauses_s[-1])
    media, done = fetch(videos_on(site), folder)
    assert [row.video_id for row in done] == ["here-1", "here-2", "here-3"]
    assert {row.status for row in media} == {"ok"}


def test_stopping_keeps_what_is_finished(site, folder):
    stop = threading.Event()
    media = fetch_videos(videos_on(site), folder, QUICK, lambda _: stop.set(), stop)
    assert [row.video_id for row in media] == ["here-0"]
    assert site.asked("/1.mp4") == []


def test_stopping_ends_a_wait(site, folder):
    slow = QUICK.model_copy(update={"gap_seconds": 3600.0})
    stop = threading.Event()
    media = fetch_videos(
        videos_on(site), folder, slow, lambda _: threading.Timer(0.1, stop.set).start(), stop
    )
    assert len(media) == 1


def test_a_local_file_is_adopted_without_a_gap(song, folder):
    slow = QUICK.model_copy(update={"gap_seconds": 3600.0})
    videos = [a_video(f"folder-{n}", str(song)) for n in range(3)]
    media = fetch_videos(videos, folder, slow, lambda _: None)
    assert [row.file for row in media] == [str(song)] * 3
    assert song.exists()


def test_a_killed_run_goes_on_where_it_stopped(site, folder, song):
    data = song.read_bytes()
    site.routes["/1.mp4"] = [data, "hang"]
    videos = videos_on(site)
    program = (
        "import json, sys; from pathlib import Path;"
        "from pipeline.acquire.fetch import fetch_videos;"
        "from pipeline.acquire.settings import Fetching; from schemas.video import Video;"
        "videos = [Video.model_validate(each) for each in json.loads(sys.argv[1])];"
        "slow = Fetching(gap_seconds=0, socket_timeout=60);"
        "fetch_videos(videos, Path(sys.argv[2]), slow, lambda media: None)"
    )
    listed = json.dumps([video.model_dump() for video in videos])
    process = subprocess.Popen([sys.executable, "-c", program, listed, str(folder)])
    deadline = time.monotonic() + 60
    while len(site.asked("/1.mp4")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert [path.name for path in folder.glob("*.json")] == ["here-0.json"]
    site.routes["/1.mp4"] = data
    media, done = fetch(videos, folder)
    assert [row.video_id for row in done] == ["here-1", "here-2", "here-3"]
    assert len(site.asked("/0.mp4")) == 2
    assert len({row.sha256 for row in media}) == 1
    assert Media.model_validate_json((folder / "here-1.json").read_bytes()) == media[1]


def test_several_workers_give_the_same_rows_in_the_same_order(site, folder):
    site.routes["/2.mp4"] = 404
    alone, _ = fetch(videos_on(site), folder)
    three = QUICK.model_copy(update={"workers": 3})
    done = []
    rows = fetch_videos(videos_on(site), folder.with_name("train-000001"), three, done.append)
    assert [(row.video_id, row.status, row.sha256) for row in rows] == [
        (row.video_id, row.status, row.sha256) for row in alone
    ]
    assert sorted(row.video_id for row in done) == [row.video_id for row in rows]


def test_workers_do_work_at_once(site, folder):
    site.routes |= {f"/{n}.mp4": "hang" for n in range(4)}
    stop = threading.Event()
    four = QUICK.model_copy(update={"workers": 4, "socket_timeout": 20.0})
    thread = threading.Thread(
        target=fetch_videos, args=(videos_on(site), folder, four, lambda _: None, stop)
    )
    thread.start()
    deadline = time.monotonic() + 30
    while len(site.requests) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {path for path, _ in site.requests} == {f"/{n}.mp4" for n in range(4)}
    stop.set()
    site.over.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_block_ends_the_work_of_all_workers(site, folder):
    site.routes["/0.mp4"] = 429
    two = QUICK.model_copy(update={"workers": 2, "gap_seconds": 1.0})
    with pytest.raises(SessionBlocked):
        fetch_videos(videos_on(site), folder, two, lambda _: None)
    assert site.asked("/3.mp4") == []


def test_what_the_list_states_may_drop_a_video_before_it_is_asked_for(site, folder):
    video = videos_on(site)[0].model_copy(update={"title": "a reaction"})
    (row,) = fetch([video], folder, dropped=no_reactions)[0]
    assert (row.status, row.reason, row.detail) == ("dropped", "title", "no a reaction")
    assert site.requests == []


def test_what_the_page_states_may_drop_a_video_before_its_media(site, folder):
    site.routes["/page"] = '<html><title>My Reaction</title><video src="/0.mp4"></video></html>'
    video = a_video("here-9", site.url("/page"))
    (row,) = fetch([video], folder, dropped=no_reactions)[0]
    assert (row.status, row.title) == ("dropped", "My Reaction (1)")
    assert site.asked("/0.mp4") == []
    assert not [path for path in folder.iterdir() if path.suffix != ".json"]


def test_a_dropped_video_is_judged_again_without_being_asked_for(site, folder):
    site.routes["/page"] = '<html><title>My Reaction</title><video src="/0.mp4"></video></html>'
    video = a_video("here-9", site.url("/page"))
    first, _ = fetch([video], folder, dropped=no_reactions)
    asked = len(site.requests)
    again, done = fetch([video], folder, dropped=no_reactions)
    assert (again, done, len(site.requests)) == (first, [], asked)
    ((row,), _) = fetch([video], folder)
    assert (row.status, row.title) == ("ok", "My Reaction (1)")


def no_reactions(facts):
    if "reaction" in (facts.title or "").lower():
        return Outcome("dropped", "title", f"no {facts.title}")
    return None
