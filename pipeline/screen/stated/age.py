"""Videos that their site shows from some age on."""

from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, at_most, unmeasured
from pipeline.stated import Stated


def age(stated: Stated, screen: Screen) -> Verdict | None:
    """Whether people below `max_age_limit` may watch. Value: the site's limit in years."""
    if not screen.max_age_limit:
        return None
    if stated.age_limit is None:
        return unmeasured(screen.max_age_limit, "not stated")
    detail = f"for viewers of {stated.age_limit} years or more"
    return at_most(stated.age_limit, screen.max_age_limit, detail)
