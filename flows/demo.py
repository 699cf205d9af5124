"""What the demo needs before it can be built: videos, a server that offers them, checkpoints. And
how true it is afterwards.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from flows import show
from pipeline.demo.judging import judge, told
from pipeline.demo.server import serve
from pipeline.demo.videos import PLAYLIST, make_videos, plan_videos, write_playlist
from pipeline.models.checkpoint import quick_digest
from pipeline.recipe import load
from pipeline.store import Dataset

CHECKPOINTS = files("pipeline.demo") / "checkpoints"
RECIPE = Path(__file__).parent / "recipes" / "demo.toml"
TRUTHS = {
    "shape and colour": "descriptions name the right shape and colour",
    "style": "answers name the right style",
    "tempo and timbre": "music captions name the right tempo and timbre",
    "subject in prompt": "prompts keep the described shape and colour",
}
"""What is said of the rates of `pipeline.demo.judging`, after "20 of 21"."""


@contextmanager
def prepare(folder: Path) -> Iterator[Path]:
    """Make what is missing of the demo, and serve its videos on this machine while the block runs.

    A recipe that is there already is left as it is: people change it to see what reruns.

    Returns:
        The dataset's folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _copy_checkpoints(folder / "checkpoints")
    web = folder / "web"
    if not web.exists():
        show.line("Making ten short music videos, a minute or so…")
    videos = make_videos(web)
    recipe = folder / "recipe.toml"
    if not recipe.exists():
        recipe.write_text(RECIPE.read_text(encoding="utf-8"), encoding="utf-8")
    with serve(web) as address:
        write_playlist(folder / PLAYLIST, videos, address)
        yield folder


def _copy_checkpoints(folder: Path) -> None:
    """What lies in `folder` already is left as it is, whatever version it is from."""
    if folder.exists():
        with as_file(CHECKPOINTS) as shipped:
            if quick_digest(folder) != quick_digest(shipped):
                show.line(
                    f"{folder} holds other checkpoints than come with this version: "
                    "delete it to get those."
                )
        return
    show.line(
        "Copying four small checkpoints: trained on scenes and tunes like these, "
        "and on nothing else."
    )
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with as_file(CHECKPOINTS) as shipped:
        shutil.copytree(shipped, partial)
    partial.rename(folder)


def truths(folder: Path) -> list[str]:
    """How often what the demo's dataset says is so; nothing where its recipe lacks a step."""
    recipe = load(folder)
    if not {"blip2", "lp_music_caps", "summarise"} <= {step.name for step in recipe.steps}:
        return []
    rates = judge(told(Dataset(recipe.root), recipe, plan_videos()))
    return [f"{rates[name].hits} of {rates[name].out_of} {what}" for name, what in TRUTHS.items()]
