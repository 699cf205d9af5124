"""Tokenizers for small checkpoints: the released kinds, each with a small English vocabulary.

Every word becomes one token, so that short sentences are short sequences, and that random weights
give sequences of real words.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from tokenizers import pre_tokenizers
from transformers import CLIPTokenizer, GPT2Tokenizer, LlamaTokenizer, T5Tokenizer

Merges = list[tuple[str, str]]

_TEXT = """
a the of in on at and with under over behind between through across into near above

picture painting photograph drawing sketch poster scene frame view portrait landscape style print
watercolour oil ink pencil pastel cartoon anime pixel collage mosaic neon vintage modern abstract
minimal surreal flat bold soft glowing bright dark pale warm cool vivid muted golden silver
red orange yellow green blue purple pink white black grey brown turquoise crimson violet
circle square triangle star line spiral wave shape shadow light glow sky cloud sun moon sea river
mountain forest field city street window bridge tower garden flower tree leaf bird cat dog horse
dancer singer crowd stage road night morning evening winter summer rain snow fire smoke water dust
small large tall wide round sharp quiet loud empty crowded floating dancing moving turning falling
rising drifting standing running shining detailed textured symmetrical colourful dramatic cinematic

music song melody rhythm beat tempo bass drum guitar piano violin flute trumpet synth voice choir
harmony chord loop groove pulse echo reverb tone tune major minor slow fast steady gentle happy sad
calm energetic dreamy hopeful tense playful electronic acoustic ambient pop rock jazz folk classical

question answer describe image does have particular what is short prompt for generate write
instruction caption example words only never that this it an are as by from to or not no yes
"""

WORDS = sorted(set(_TEXT.split()))

MISTRAL_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}"
    "{% endfor %}"
)
"""The chat template of Mistral-7B-Instruct-v0.2: no system role."""


def t5_tokenizer(words: Sequence[str] = WORDS) -> T5Tokenizer:
    """A Unigram tokenizer with 100 sentinels, as T5's. Whole words beat their letters."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -8.0)]
    pieces += [(f"\u2581{word}", -4.0) for word in words]
    pieces += [(chr(code), -10.0) for code in range(33, 127)]
    pieces += [(f"<extra_id_{number}>", 0.0) for number in reversed(range(100))]
    return T5Tokenizer(vocab=pieces)


def opt_tokenizer(words: Sequence[str] = WORDS) -> GPT2Tokenizer:
    """A byte-level BPE tokenizer with OPT's special tokens; `</s>` starts every text."""
    vocab, merges = byte_level(["<s>", "<pad>", "</s>", "<unk>"], words)
    special = {"bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>"}
    return GPT2Tokenizer(vocab=vocab, merges=merges, add_bos_token=True, **special)


def clip_tokenizer(words: Sequence[str] = WORDS) -> CLIPTokenizer:
    """A lower-case BPE tokenizer over bytes with `</w>` at word ends; its two special tokens have
    the highest ids, which is how CLIP finds the end of a text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters += [f"{letter}</w>" for letter in letters]
    trained, merges = _train([[*word[:-1], f"{word[-1]}</w>"] for word in words])
    vocab = _numbered([*letters, *trained, "<|startoftext|>", "<|endoftext|>"])
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=77)


def mistral_tokenizer(words: Sequence[str] = WORDS) -> LlamaTokenizer:
    """A BPE tokenizer that falls back to bytes, with the chat template of Mistral v0.2."""
    vocab, merges = byte_fallback(["<unk>", "<s>", "</s>"], words)
    return LlamaTokenizer(
        vocab=vocab, merges=merges, chat_template=MISTRAL_TEMPLATE, add_bos_token=True
    )


def byte_level(special: list[str], words: Sequence[str] = WORDS) -> tuple[dict[str, int], Merges]:
    """Vocabulary and merges of a byte-level BPE as GPT-2's, after some special tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    trained, merges = _train([["\u0120", *word] for word in words])
    return _numbered([*special, *letters, *trained]), merges


def byte_fallback(
    special: list[str], words: Sequence[str] = WORDS
) -> tuple[dict[str, int], Merges]:
    """Vocabulary and merges of a BPE that falls back to bytes as Llama's, after some special
    tokens."""
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    letters = ["\u2581", *(chr(code) for code in range(33, 127))]
    trained, merges = _train([["\u2581", *word] for word in words])
    return _numbered([*special, *fallback, *letters, *trained]), merges


def word_ids(vocab: dict[str, int], form: str) -> list[int]:
    """The ids of whole words, written in a vocabulary as `form` says (`\u2581{}`, `{}</w>`)."""
    return [vocab[form.format(word)] for word in WORDS]


def _train(words: list[list[str]]) -> tuple[list[str], Merges]:
    """BPE tokens and merges that join each word's letters into one token.

    The library's own trainer numbers letters with an end-of-word suffix in an order that changes
    from run to run.
    """
    merges: Merges = []
    tokens = sorted({letter for word in words for letter in word})
    while pairs := Counter(pair for word in words for pair in pairwise(word)):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        words = [_joined(word, best) for word in words]
        merges.append(best)
        tokens.append("".join(best))
    return tokens, merges


def _joined(word: list[str], pair: tuple[str, str]) -> list[str]:
    joined: list[str] = []
    for letter in word:
        if joined and (joined[-1], letter) == pair:
            joined[-1] += letter
        else:
            joined.append(letter)
    return joined


def _numbered(tokens: list[str]) -> dict[str, int]:
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}
