"""What the demo needs before it can be built: videos, a server that offers them, checkpoints."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows import show
from pipeline.demo.server import serve
from pipeline.demo.videos import PLAYLIST, make_videos, write_playlist

RECIPE = Path(__file__).parent / "recipes" / "demo.toml"


@contextmanager
def prepare(folder: Path) -> Iterator[Path]:
    """Make what is missing of the demo, and serve its videos on this machine while the block runs.

    A recipe that is there already is left as it is: people change it to see what reruns.

    Returns:
        The dataset's folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _make_checkpoints(folder / "checkpoints")
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


def _make_checkpoints(folder: Path) -> None:
    if folder.exists():
        return
    show.line("Making four tiny checkpoints with random weights: their words mean nothing yet.")
    from pipeline.demo.checkpoints import make_checkpoints

    partial = folder.with_name(f"{folder.name}.partial")
    make_checkpoints(partial)
    partial.rename(folder)
