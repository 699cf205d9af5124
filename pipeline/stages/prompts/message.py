"""The one message that asks a language model for a prompt."""

from collections.abc import Sequence
from importlib.resources import files

from pipeline.stages.prompts.cleaning import one_line

LONGEST_NOTE = 400
"""Characters of one caption that are passed on; BLIP-2 and LP-MusicCaps stay below."""
_STRUCTURE = str.maketrans(dict.fromkeys("<>[]{}|", " "))
"""What chat templates build their control tokens from: `[INST]`, `</s>`, `<|im_end|>`."""


def builtin_instruction() -> str:
    """Our instruction; `{max_words}` stands for the limit."""
    return files(__package__).joinpath("instruction.txt").read_text(encoding="utf-8").strip()


def message(
    instruction: str, examples: Sequence[str], frame_notes: Sequence[str], music: str | None
) -> str:
    """Instruction, examples, then the clip's own data, so that requests share their beginnings
    and a server's prefix cache helps.

    Captions and examples are data from outside: they become single lines of bounded length
    without control characters and without anything a chat template would take for its own.
    """
    parts = [instruction.strip()]
    if examples:
        parts.append("\n".join(["Example prompts:", *(f"- {_data(text)}" for text in examples)]))
    parts.append("\n".join(["Notes about the picture:", *(f"- {_data(n)}" for n in frame_notes)]))
    if music is not None:
        parts.append(f"Notes about the music:\n- {_data(music)}")
    parts.append("Prompt:")
    return "\n\n".join(parts)


def _data(text: str) -> str:
    return " ".join(one_line(text).translate(_STRUCTURE).split())[:LONGEST_NOTE].rstrip()
