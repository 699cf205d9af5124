"""The `[card]` options of a recipe: what only its maker knows. None of them changes a row."""

from pipeline.settings import Settings


class Card(Settings):
    """What the dataset card and the Croissant metadata of an export say, besides the figures."""

    name: str = ""
    """The dataset's name; its folder's name if empty."""
    summary: str = ""
    """What it is and why it was made, in a paragraph or two."""
    creators: list[str] = []
    """Who made it."""
    contact: str = ""
    """Where to ask, and where the makers of videos ask for removal."""
    url: str = ""
    """Its home page."""
    licence: str = ""
    """An SPDX identifier of the licence that its maker puts on what is the maker's own: the
    selection and the texts. Sound and pictures belong to others; no licence here covers them."""
    version: str = ""
    """Such as `1.0.0`."""
    uses: str = ""
    """What it is meant for, and what not."""
    maintenance: str = ""
    """Who looks after it, how often it is updated, and what happens to old versions."""
