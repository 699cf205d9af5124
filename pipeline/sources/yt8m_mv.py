"""YouTube-8M: music videos by label, and the ids that they have at YouTube."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from pipeline.errors import SourceError
from pipeline.sources.base import Asking, Listed, Source, Texts
from pipeline.sources.ids import video_id
from pipeline.sources.yt8m.answers import Answers
from pipeline.sources.yt8m.candidates import Candidate, Wanted, in_records, on_lists, record_files
from pipeline.sources.yt8m.lookup import resolved
from pipeline.sources.yt8m.vocabulary import Vocabulary, common_labels, read_vocabulary
from pipeline.sources.yt8m.web import Yt8mWeb, yt8m_web


class Yt8mMv(Source):
    """Music videos of YouTube-8M, from its records on this machine, or without them from its public
    list of each label. Both hold pseudo ids; each is looked up with one small request, once."""

    kind: ClassVar[str] = "yt8m_mv"

    include: Texts = Field(default=["Music video"], min_length=1)
    """Labels of which a video has at least one: names, in any case, or knowledge-graph ids such as
    /m/0mdxd."""
    exclude: Texts = ["Game", "Video game", "Slide show"]
    """Labels that a video must not have."""
    records: str | None = None
    """TFRecord files of YouTube-8M, of videos or of frames: a folder, or a pattern such as
    `yt8m/train*.tfrecord`, relative to the recipe. Keep them where upper and lower case differ:
    trainbX and trainBX are two files. Without it, the lists come from the network."""
    vocabulary: str | None = None
    """The vocabulary.csv of the same year as `records`, which need it; relative to the recipe.
    Without it, only the commonest labels have names."""
    limit: int = Field(default=1000, ge=1)
    """How many ids are taken, in the order of files or lists, those of videos that are gone
    included."""
    lookups_per_second: float = Field(default=10.0, gt=0)
    """At most so many pseudo ids are looked up in a second."""
    retry_gone_days: int = Field(default=90, ge=0)
    """A video that was gone is looked up again after so many days; 0 for never."""
    base_url: str = Field(
        default="https://storage.googleapis.com/data.yt8m.org/2/j", pattern="^https?://"
    )
    """Where the lists (`v/`) and the mapping (`i/`) lie."""

    @model_validator(mode="after")
    def _check_vocabulary(self) -> Self:
        if self.records is not None and self.vocabulary is None:
            raise ValueError(
                "`records` needs `vocabulary`: the path of the vocabulary.csv of the same year, "
                "because records say labels by number only"
            )
        return self

    def list(self, asking: Asking) -> Iterator[Listed]:
        """The videos that are still on YouTube, in the order of the files or lists."""
        found = False
        with (
            yt8m_web(self.base_url, self.lookups_per_second, asking) as web,
            Answers(asking.cache / "yt8m_ids.sqlite", self.retry_gone_days) as answers,
        ):
            candidates = self._candidates(web, asking)
            for youtube_id, candidate in resolved(candidates, web, answers, asking.note):
                found = True
                yield Listed(
                    video_id=video_id("youtube", youtube_id),
                    site="youtube",
                    url=f"https://www.youtube.com/watch?v={youtube_id}",
                    labels=candidate.labels,
                )
        if not found:
            raise SourceError(
                f"YouTube-8M gave no video for {', '.join(self.include)} without "
                f"{', '.join(self.exclude) or 'exclusions'}: change the labels or raise `limit`."
            )

    def _candidates(self, web: Yt8mWeb, asking: Asking) -> Iterator[Candidate]:
        vocabulary = self._vocabulary(asking.base)
        find = vocabulary.find if vocabulary else common_labels
        wanted = Wanted(find(self.include), find(self.exclude))
        if self.records is None or vocabulary is None:
            listed = on_lists(web, wanted)
            if len(listed) > self.limit:
                asking.note(f"yt8m_mv: {self.limit} of {len(listed)} ids are taken (`limit`)")
            yield from listed[: self.limit]
            return
        files = record_files(asking.base, self.records)
        recorded = in_records(files, vocabulary, wanted, asking.note)
        for taken, candidate in enumerate(recorded, start=1):
            yield candidate
            if taken == self.limit:
                asking.note(f"yt8m_mv: the records were read up to {taken} ids (`limit`)")
                return

    def _vocabulary(self, base: Path) -> Vocabulary | None:
        if self.vocabulary is None:
            return None
        return read_vocabulary(base / Path(self.vocabulary).expanduser())
