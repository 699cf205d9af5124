"""Prints how exact the cutters are, per container and codec, as a Markdown table.

    python infra/bench/oracle.py

Needs the ffmpeg program, which makes the files. Units: frames; samples at 48 kHz.
"""

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.media.settings import Cutting
from tests.pipeline.media.footage import write_master
from tests.pipeline.media.oracle import CASES, make, measure


def main() -> None:
    """Make every case, cut it with both cutters, print the worst clip."""
    program = shutil.which("ffmpeg")
    if program is None:
        sys.exit("There is no `ffmpeg` program, which makes the files: install it.")
    print("Off against a full decode; in brackets, audio against frame as in the footage.\n")
    print("| file | clips | pyav: frames off | samples off | ffmpeg: frames off | samples off |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_master(folder / "master.mkv")
        for case in CASES:
            path = make(case, folder, program)
            cells = [case.name, "3"]
            for cutter in ("pyav", "ffmpeg"):
                found = measure(path, Cutting(clip_seconds=2, clips_per_video=3, cutter=cutter))
                cells[1] = str(found.clips)
                sync = f" ({found.sync_off})" if case.keeps_sync else ""
                cells += [str(found.frames_off), f"{found.samples_off}{sync}"]
            print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
