"""Make a step's stage ready to run on this machine."""

import os

from pipeline.audit.load import absolute
from pipeline.audit.texts.needs import check_needs
from pipeline.recipe import Recipe
from pipeline.screen.models import records
from pipeline.secret import with_secrets
from pipeline.stage import Stage
from pipeline.steps import Step


def ready_stage(recipe: Recipe, step: Step) -> Stage:
    """The stage with its local paths made absolute and its secrets taken from the environment.

    Raises:
        RecipeError: an environment variable that it names is not set.
    """
    return with_secrets(recipe.runnable(step.stage), os.environ.get)


def check(recipe: Recipe, steps: list[Step]) -> None:
    """Make sure, before any work starts, that these steps have their models and secrets.

    Raises:
        MissingCheckpoint: a model is not on this machine.
        RecipeError: an environment variable is not set.
    """
    for step in steps:
        ready_stage(recipe, step).models()


def check_audit(recipe: Recipe) -> None:
    """Make sure, before hours of work, that the report has what its figures need.

    Raises:
        MissingCheckpoint: the model of BERTScore is not on this machine.
        RecipeError: a file that it names is not there.
    """
    check_needs(absolute(recipe))


def check_screen(recipe: Recipe) -> None:
    """Make sure, before anything is fetched, that the checks have their models.

    Raises:
        MissingCheckpoint: a model is not on this machine.
    """
    records(recipe.screen.at(recipe.base))
