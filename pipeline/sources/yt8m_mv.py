"""YouTube-8M (version of May 2018): videos by label, and the ids that they have at YouTube."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import Field

from pipeline.errors import SourceError
from pipeline.sources.base import Listed, Note, Source, Texts
from pipeline.sources.ids import video_id

_GONE = (403, 404)
"""What the mapping answers for videos that left YouTube."""
_MAX_FAILURES = 10
"""In a row, before the mapping counts as out of order."""


class Yt8mMv(Source):
    """Music videos of YouTube-8M, from its public list of each label. The lists hold pseudo ids;
    each is looked up with one small request."""

    kind: ClassVar[str] = "yt8m_mv"

    include: Texts = Field(default=["/m/0mdxd"], min_length=1)
    """Knowledge-graph ids of labels, of which a video has at least one. Default: Music video."""
    exclude: Texts = ["/m/03bt1gh", "/m/01mw1", "/m/0381zh"]
    """Labels that a video must not have. Default: Game, Video game, Slide show."""
    limit: int = Field(default=1000, ge=1)
    """How many pseudo ids are looked up, in the list's order."""
    base_url: str = Field(
        default="https://storage.googleapis.com/data.yt8m.org/2/j", pattern="^https?://"
    )
    """Where the lists (`v/`) and the mapping (`i/`) lie."""

    def list(self, base: Path, note: Note) -> Iterator[Listed]:
        """The videos that are still on YouTube, in the order of the labels' lists."""
        with httpx.Client(timeout=20.0, follow_redirects=True) as client:
            labels = self._labels(client)
            asked = [*labels][: self.limit]
            if len(asked) < len(labels):
                note(f"yt8m_mv: {len(asked)} of {len(labels)} ids are looked up (`limit`)")
            found = False
            for listed in self._resolved(client, asked, labels, note):
                found = True
                yield listed
        if not found:
            raise SourceError(
                f"YouTube-8M gave no video for {', '.join(self.include)} without "
                f"{', '.join(self.exclude) or 'exclusions'}: change the labels or raise `limit`."
            )

    def _labels(self, client: httpx.Client) -> dict[str, tuple[str, ...]]:
        """For each pseudo id, in order, the included labels that it has."""
        found: dict[str, tuple[str, ...]] = {}
        for label in self.include:
            for pseudo_id in self._members(client, label):
                found[pseudo_id] = (*found.get(pseudo_id, ()), label)
        for label in self.exclude:
            for pseudo_id in self._members(client, label):
                found.pop(pseudo_id, None)
        return found

    def _members(self, client: httpx.Client, label: str) -> Iterator[str]:
        name = label.removeprefix("/m/").removeprefix("/g/")
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise SourceError(f"{label!r} is no knowledge-graph id; one looks like /m/0mdxd.")
        url = f"{self.base_url}/v/{name}.js"
        try:
            answer = client.get(url)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise SourceError(
                f"YouTube-8M's list of {label} cannot be read ({error or type(error).__name__}): "
                "check the id in vocabulary.csv and the network."
            ) from error
        body = re.fullmatch(r'\s*p\("[^"]*",\[(.*)\]\);?\s*', answer.text, re.DOTALL)
        if body is None:
            raise SourceError(f"{url} does not answer with a list of YouTube-8M; set `base_url`.")
        yield from re.findall(r'"([A-Za-z0-9_-]{4})"', body[1])

    def _resolved(
        self,
        client: httpx.Client,
        asked: Texts,
        labels: dict[str, tuple[str, ...]],
        note: Note,
    ) -> Iterator[Listed]:
        gone, failed, in_a_row = 0, 0, 0
        for pseudo_id in asked:
            try:
                youtube_id = self._youtube_id(client, pseudo_id)
            except (httpx.HTTPError, ValueError) as error:
                failed, in_a_row = failed + 1, in_a_row + 1
                note(f"yt8m_mv: {pseudo_id} not looked up: {error or type(error).__name__}")
                if in_a_row == _MAX_FAILURES:
                    raise SourceError(
                        f"YouTube-8M's mapping at {self.base_url} failed {in_a_row} times in a "
                        "row: run again later."
                    ) from error
                continue
            in_a_row = 0
            if youtube_id is None:
                gone += 1
                continue
            yield Listed(
                video_id=video_id("youtube", youtube_id),
                site="youtube",
                url=f"https://www.youtube.com/watch?v={youtube_id}",
                labels=labels[pseudo_id],
            )
        if gone or failed:
            note(
                f"yt8m_mv: of {len(asked)} ids {gone} are no longer on YouTube, "
                f"{failed} could not be looked up"
            )

    def _youtube_id(self, client: httpx.Client, pseudo_id: str) -> str | None:
        """None where the video is gone.

        Raises:
            httpx.HTTPError: the mapping did not answer.
            ValueError: it answered something else than a mapping.
        """
        answer = client.get(f"{self.base_url}/i/{pseudo_id[:2]}/{pseudo_id}.js")
        if answer.status_code in _GONE:
            return None
        answer.raise_for_status()
        found = re.fullmatch(r'\s*i\("([^"]*)","([A-Za-z0-9_-]{11})"\);?\s*', answer.text)
        if found is None or found[1] != pseudo_id:
            raise ValueError("the answer is no mapping of this id")
        return found[2]
