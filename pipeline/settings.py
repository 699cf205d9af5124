"""The base of every table of options in a recipe."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Options as a recipe states them. Immutable; an unknown option is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
