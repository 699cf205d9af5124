import pytest

from pipeline.errors import SourceError
from pipeline.sources.yt8m.vocabulary import common_labels, read_vocabulary

HEAD = "Index,TrainVideoCount,KnowledgeGraphId,Name,WikiUrl,Vertical1\n"
ROWS = """0,788288,/m/03bt1gh,Game,https://x,Games
14,116098,/m/0mdxd,Music video,https://x,Arts & Entertainment
15,9,/m/0aaa,Piano,https://x,Arts
16,9,/m/0bbb,Piano,https://x,Arts
17,9,/m/0ccc,,https://x,Arts
"""


@pytest.fixture
def vocabulary(tmp_path):
    path = tmp_path / "vocabulary.csv"
    path.write_text("\ufeff" + HEAD + ROWS)
    return read_vocabulary(path)


def test_labels_are_found_by_name_in_any_case_and_by_id(vocabulary):
    found = vocabulary.find(["MUSIC VIDEO", "/m/03bt1gh", "/m/0ccc"])
    assert [label.shown for label in found] == ["Music video", "Game", "/m/0ccc"]


def test_indices_are_those_of_the_file(vocabulary):
    assert vocabulary.label(14).mid == "/m/0mdxd"


def test_an_index_that_the_file_lacks_is_a_wrong_file(vocabulary):
    with pytest.raises(SourceError, match=r"use label 4711.*vocabulary\.csv of the records' year"):
        vocabulary.label(4711)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Music vidoe", "Close to it: Music video."),
        ("Piano", "several labels `Piano`: name one by its id: /m/0aaa, /m/0bbb"),
        ("/m/0zzz", "has no label '/m/0zzz'"),
        ("", "has no label ''"),
    ],
)
def test_a_name_that_is_unknown_or_not_unique_is_one_clear_line(vocabulary, name, said):
    with pytest.raises(SourceError) as caught:
        vocabulary.find([name])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "needs the columns Index, KnowledgeGraphId, Name"),
        (HEAD + "x,1,/m/0,Name,,\n", "cannot be read"),
        (HEAD + "3\n", "cannot be read"),
        ("", "needs the columns"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_one_clear_line(tmp_path, content, said):
    path = tmp_path / "v.csv"
    path.write_text(content)
    with pytest.raises(SourceError) as caught:
        read_vocabulary(path)
    assert said in str(caught.value)
    with pytest.raises(SourceError, match="set `vocabulary`"):
        read_vocabulary(tmp_path / "gone.csv")


def test_without_a_vocabulary_common_names_and_all_ids_are_known():
    found = common_labels(["slide show", "/m/0mdxd", "/m/04rlf"])
    assert [label.mid for label in found] == ["/m/0381zh", "/m/0mdxd", "/m/04rlf"]
    assert [label.shown for label in found] == ["Slide show", "Music video", "/m/04rlf"]
