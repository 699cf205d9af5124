"""The contract with everyone downstream: row types and tables, no behaviour."""

from schemas.captions import FRAME_CAPTIONS, MUSIC_CAPTIONS
from schemas.clip import CLIPS
from schemas.match import MATCHES
from schemas.measures import MEASURES
from schemas.media import MEDIA, SCREENING
from schemas.prompt import PROMPTS
from schemas.score import SCORES
from schemas.table import Row, Table
from schemas.video import VIDEOS

TABLES: dict[str, Table[Row]] = {
    table.name: table
    for table in (
        VIDEOS,
        MEDIA,
        SCREENING,
        MEASURES,
        MATCHES,
        CLIPS,
        FRAME_CAPTIONS,
        MUSIC_CAPTIONS,
        PROMPTS,
        SCORES,
    )
}

__all__ = [
    "CLIPS",
    "FRAME_CAPTIONS",
    "MATCHES",
    "MEASURES",
    "MEDIA",
    "MUSIC_CAPTIONS",
    "PROMPTS",
    "SCORES",
    "SCREENING",
    "TABLES",
    "VIDEOS",
    "Row",
    "Table",
]
