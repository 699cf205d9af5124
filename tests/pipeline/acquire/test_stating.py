import pytest

from pipeline.acquire.stating import MAX_TEXT, page_facts


def test_the_facts_of_a_page_are_taken_over():
    facts = page_facts(
        {
            "title": "Song",
            "artists": ["A", "B"],
            "artist": "A, B, C",
            "track": "T",
            "channel": "Ch",
            "uploader": "Up",
            "duration": 12.5,
            "upload_date": "20200102",
            "license": "CC BY",
            "live_status": "not_live",
            "age_limit": 18,
        }
    )
    assert (facts.title, facts.artist, facts.track, facts.channel) == ("Song", "A, B", "T", "Ch")
    assert (facts.duration_s, facts.upload_date, facts.licence) == (12.5, "20200102", "CC BY")
    assert (facts.live_status, facts.age_limit) == ("not_live", 18)


def test_a_silent_page_states_nothing():
    assert page_facts({"title": "", "artists": [], "uploader": "Up"}).channel == "Up"
    assert page_facts({}).title is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 1e300, "long", [], {}, True])
def test_numbers_beyond_sense_are_left_out(value):
    facts = page_facts({"duration": value, "age_limit": value, "upload_date": value})
    assert facts.duration_s in (None, 1.0)
    assert facts.upload_date is None
    assert facts.age_limit in (None, 1)


def test_texts_are_one_plain_line_of_bounded_length():
    facts = page_facts({"title": "a\x1b[2J\n\ud800\u202eb", "channel": "x" * 99_999, "track": 5})
    assert (facts.title, facts.track) == ("a b", "5")
    assert len(facts.channel) == MAX_TEXT
