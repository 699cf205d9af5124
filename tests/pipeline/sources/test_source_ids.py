import re
import string

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.sources.ids import MAX_LENGTH, short_digest, slug, video_id

PLAIN = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=30)
SITE = st.text(string.ascii_lowercase + string.digits + "_", min_size=1, max_size=12)
ANY = st.text(st.characters(), max_size=300)


def test_a_youtube_id_is_kept_as_it_is():
    assert video_id("youtube", "aqz-KE-bpKQ") == "youtube-aqz-KE-bpKQ"


@given(SITE, PLAIN)
def test_a_clean_id_stays_readable(site, raw_id):
    made = video_id(site, raw_id)
    assert made.split("-")[0] == site
    assert raw_id in made


@given(ANY, ANY)
@example("..", "../../x")
@example("a/b", "\x1b[31m\x00")
@example("", "")
@example("site", "\ud800")
def test_no_id_can_become_a_path_or_an_escape(site, raw_id):
    made = video_id(site, raw_id)
    assert re.fullmatch(r"[A-Za-z0-9_]+-[A-Za-z0-9_-]+", made)
    assert len(made) <= MAX_LENGTH


@given(st.lists(st.tuples(ANY, ANY), unique=True, max_size=40))
@example([("a-b", "c"), ("a", "b-c"), ("a", "b.c"), ("a", "b_c"), ("a", "b/c")])
def test_different_videos_never_share_an_id(pairs):
    assert len({video_id(*pair) for pair in pairs}) == len(pairs)


def test_an_id_that_imitates_a_replaced_one_does_not_collide_with_it():
    replaced = video_id("site", "a/b")
    imitation = replaced.removeprefix("site-")
    assert video_id("site", imitation) != replaced


def test_ids_do_not_change_between_runs_and_machines():
    assert video_id("site", "../../x") == "site-_x--17e125e99812"


def test_a_slug_keeps_latin_letters_and_digits_only():
    assert slug("My Song (Official)") == "my_song_official"
    assert slug("桜") == ""
    assert len(short_digest("桜")) == 12
