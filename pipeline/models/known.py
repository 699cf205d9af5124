"""What is known of released checkpoints before they are on this machine: sizes and licences."""

from dataclasses import dataclass

_FLOAT32 = 4
_BFLOAT16 = 2
_WITH_ADAM = 12
"""Float32 weights, and Adam's two moments of each beside them."""


@dataclass(frozen=True)
class Known:
    """One repository of the hub."""

    gb: float
    """One copy of the weights, in GB (10^9 bytes). A repository that still keeps `.bin` files
    beside its safetensors takes twice as much."""
    licence: str
    """As its page or its authors' repository states it; of what it is built on, if that is less
    free."""
    bytes_each: int = _FLOAT32
    """Of a parameter, as released."""

    @property
    def parameters(self) -> int:
        """About how many it has."""
        return round(self.gb * 1e9 / self.bytes_each)


_BLIP2_OPT = "MIT on the hub; the OPT inside is for non-commercial research only"
_BLIP2_T5 = "MIT on the hub; the Flan-T5 inside is Apache-2.0"
_VICUNA = "non-commercial: LLaMA's and Vicuna's licences, and training data under CC BY-NC 4.0"
_APACHE = "Apache-2.0"
_OPENAI = "MIT (openai/CLIP)"

KNOWN = {
    "Salesforce/blip2-opt-2.7b": Known(15.0, _BLIP2_OPT),
    "Salesforce/blip2-opt-6.7b": Known(31.0, _BLIP2_OPT),
    "Salesforce/blip2-flan-t5-xl": Known(15.8, _BLIP2_T5),
    "Salesforce/blip2-flan-t5-xxl": Known(48.9, _BLIP2_T5),
    "Salesforce/instructblip-flan-t5-xl": Known(16.1, _BLIP2_T5),
    "Salesforce/instructblip-flan-t5-xxl": Known(49.3, _BLIP2_T5),
    "Salesforce/instructblip-vicuna-7b": Known(31.7, _VICUNA),
    "Salesforce/instructblip-vicuna-13b": Known(56.7, _VICUNA),
    "openai/clip-vit-base-patch32": Known(0.6, _OPENAI),
    "openai/clip-vit-base-patch16": Known(0.6, _OPENAI),
    "openai/clip-vit-large-patch14": Known(1.7, _OPENAI),
    "google/siglip-base-patch16-224": Known(0.8, _APACHE),
    "google/siglip-so400m-patch14-384": Known(3.5, _APACHE),
    "google/siglip2-base-patch16-224": Known(1.5, _APACHE),
    "google/siglip2-so400m-patch14-384": Known(4.5, _APACHE),
    "MIT/ast-finetuned-audioset-10-10-0.4593": Known(0.35, "BSD-3-Clause"),
    "laion/larger_clap_music": Known(0.78, _APACHE),
    "seungheondoh/lp-music-caps": Known(
        1.78,  # each of its three files
        "unclear: the hub says MIT, the authors' repository CC BY-NC 4.0; settle it before you "
        "publish captions",
        _WITH_ADAM,
    ),
    "facebook/bart-base": Known(0.0014, _APACHE),  # configuration and tokenizer: all that is read
    "mistralai/Mistral-7B-Instruct-v0.1": Known(14.5, _APACHE, _BFLOAT16),
    "mistralai/Mistral-7B-Instruct-v0.2": Known(14.5, _APACHE, _BFLOAT16),
    "Qwen/Qwen3-VL-8B-Instruct": Known(17.5, _APACHE, _BFLOAT16),
    "Qwen/Qwen2-Audio-7B-Instruct": Known(16.8, _APACHE, _BFLOAT16),
    "poloclub/diffusiondb": Known(0.195, "CC0 1.0"),  # metadata.parquet alone
}
"""Sizes are parameters times bytes, or as the hub lists the files."""


def size(gb: float) -> str:
    """A size for people, with three digits.

    >>> size(15.8), size(0.0014)
    ('15.8 GB', '1.4 MB')
    """
    for unit, factor in (("GB", 1.0), ("MB", 1e3)):
        if gb * factor >= 1:
            return f"{gb * factor:.3g} {unit}"
    return f"{gb * 1e6:.3g} kB"


def licence(model: str) -> str:
    """The licence of a repository's weights, or where to look it up."""
    known = KNOWN.get(model)
    return known.licence if known else f"see https://huggingface.co/{model}"
