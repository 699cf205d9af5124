"""LP-MusicCaps against what the authors' own code put out for a small checkpoint."""

import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import BartConfig

from pipeline.errors import MissingCheckpoint
from pipeline.models.lp_music_caps import CHUNK, Audio, LpMusicCapsModel, MusicCaptioner, chunks
from pipeline.models.lp_music_caps_files import bart_folder, records, weights_file
from pipeline.models.lp_music_caps_weights import load

DATA = Path(__file__).parents[2] / "data" / "lp_music_caps"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))


def clip(number: int) -> Audio:
    with av.open(str(DATA / f"clip{number}.flac")) as container:
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    return (samples / 2**15).astype(np.float32)


@pytest.fixture(scope="module")
def clips() -> list[Audio]:
    return [clip(number) for number in range(3)]


@pytest.fixture(scope="module")
def captioner() -> MusicCaptioner:
    return load(DATA / "tiny.pth", DATA / "bart", "cpu")


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    return dict(np.load(DATA / "expected.npz"))


def test_mel_features_and_states_are_the_originals(
    captioner: MusicCaptioner, clips: list[Audio], expected: dict[str, np.ndarray]
) -> None:
    model, samples = captioner.model, torch.from_numpy(np.stack(clips))
    with torch.inference_mode():
        mel = model.audio_encoder.mel_encoder(samples)
        features = model.audio_encoder(samples)
        states = model.bart.model.encoder(inputs_embeds=features).last_hidden_state
    assert mel.shape == (3, 128, 1001)
    np.testing.assert_allclose(mel[0], expected["mel_clip0"], atol=1e-5)
    np.testing.assert_allclose(mel.mean((1, 2)), expected["mel_mean"], atol=1e-5)
    np.testing.assert_allclose(features, expected["audio_features"], atol=1e-5)
    np.testing.assert_allclose(states, expected["encoder_states"], atol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_ids_are_the_originals_whatever_the_batch_size(
    captioner: MusicCaptioner, clips: list[Audio], expected: dict[str, np.ndarray], size: int
) -> None:
    search = EXPECTED["generation"]
    for start in range(0, 3, size):
        samples = torch.from_numpy(np.stack(clips[start : start + size]))
        ids = captioner.model.generate(samples, search["num_beams"], search["max_length"])
        np.testing.assert_array_equal(ids, expected["generated_ids"][start : start + size])


def test_captions_are_the_originals(captioner: MusicCaptioner, clips: list[Audio]) -> None:
    assert captioner.captions(clips, num_beams=5, max_length=128) == EXPECTED["captions"]


def test_every_option_of_the_originals_search_is_passed(
    captioner: MusicCaptioner, clips: list[Audio], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    generate = captioner.model.bart.generate

    def watched(**options: Any) -> torch.Tensor:
        seen.update(options["generation_config"].to_dict())
        return generate(**options)

    monkeypatch.setattr(captioner.model.bart, "generate", watched)
    captioner.captions(clips[:1], num_beams=5, max_length=128)
    assert EXPECTED["generation"].items() <= seen.items()
    assert seen["decoder_start_token_id"] == 2


def test_captions_depend_on_the_music(captioner: MusicCaptioner, clips: list[Audio]) -> None:
    assert len(set(captioner.captions(clips, num_beams=1, max_length=32))) == 3


def test_the_fixed_tables_are_computed_as_they_were_stored(captioner: MusicCaptioner) -> None:
    fresh = dict(LpMusicCapsModel(captioner.model.bart.config).audio_encoder.named_buffers())
    for name, stored in captioner.model.audio_encoder.named_buffers():
        torch.testing.assert_close(fresh[name], stored, atol=2e-5, rtol=0)


def _released(config: BartConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes in the released files, written out from their listing."""
    d, ffn = config.d_model, config.encoder_ffn_dim
    shapes: dict[str, tuple[int, ...]] = {
        "audio_encoder.positional_embedding": (32, d),
        "audio_encoder.mel_encoder.spec_fn.window": (1024,),
        "audio_encoder.mel_encoder.mel_scale.fb": (513, 128),
        "audio_encoder.conv1.weight": (d, 128, 3),
        "audio_encoder.conv1.bias": (d,),
        "bart.final_logits_bias": (1, 50265),
        "bart.lm_head.weight": (50265, d),
        "bart.model.shared.weight": (50265, d),
    }
    for n in range(5):
        shapes[f"audio_encoder.conv_stack.{n}.weight"] = (d, d, 3)
        shapes[f"audio_encoder.conv_stack.{n}.bias"] = (d,)
    for side, attentions in (
        ("encoder", ["self_attn"]),
        ("decoder", ["self_attn", "encoder_attn"]),
    ):
        stem = f"bart.model.{side}"
        shapes[f"{stem}.embed_tokens.weight"] = (50265, d)
        shapes[f"{stem}.embed_positions.weight"] = (1026, d)
        norms = [f"{stem}.layernorm_embedding"]
        for n in range(6):
            layer = f"{stem}.layers.{n}"
            for attention in attentions:
                for projection in ("k_proj", "v_proj", "q_proj", "out_proj"):
                    shapes[f"{layer}.{attention}.{projection}.weight"] = (d, d)
                    shapes[f"{layer}.{attention}.{projection}.bias"] = (d,)
                norms.append(f"{layer}.{attention}_layer_norm")
            shapes[f"{layer}.fc1.weight"], shapes[f"{layer}.fc1.bias"] = (ffn, d), (ffn,)
            shapes[f"{layer}.fc2.weight"], shapes[f"{layer}.fc2.bias"] = (d, ffn), (d,)
            norms.append(f"{layer}.final_layer_norm")
        for norm in norms:
            shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (d,)
    return shapes


def test_the_full_size_has_the_released_names_and_shapes() -> None:
    config = BartConfig(
        vocab_size=50265,
        d_model=768,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=12,
        decoder_attention_heads=12,
        encoder_ffn_dim=3072,
        decoder_ffn_dim=3072,
        max_position_embeddings=1024,
    )
    with torch.device("meta"):
        state = LpMusicCapsModel(config).state_dict()
    assert {name: tuple(value.shape) for name, value in state.items()} == _released(config)
    assert len(state) == 278


def test_safetensors_give_the_same_as_pth(
    tmp_path: Path, captioner: MusicCaptioner, clips: list[Audio]
) -> None:
    state = torch.load(DATA / "tiny.pth", weights_only=True)["state_dict"]
    save_file({k: v.clone() for k, v in state.items()}, tmp_path / "model.safetensors")
    other = load(tmp_path / "model.safetensors", DATA / "bart", "cpu")
    assert other.captions(clips, 5, 128) == captioner.captions(clips, 5, 128)


def test_half_precision_weights_are_used_in_float32(tmp_path: Path, clips: list[Audio]) -> None:
    state = torch.load(DATA / "tiny.pth", weights_only=True)["state_dict"]
    half = {name: value.half().clone() for name, value in state.items()}
    save_file(half, tmp_path / "half.safetensors")
    save_file({name: v.float() for name, v in half.items()}, tmp_path / "single.safetensors")
    single = load(tmp_path / "single.safetensors", DATA / "bart", "cpu").captions(clips, 5, 32)
    captioner = load(tmp_path / "half.safetensors", DATA / "bart", "cpu")
    assert {value.dtype for value in captioner.model.state_dict().values()} == {torch.float32}
    assert captioner.captions(clips, 5, 32) == single


class _Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("import pathlib; pathlib.Path('harmed').touch()",))


def test_a_pickle_with_code_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {}, "optimizer": _Harmful()}, tmp_path / "bad.pth")
    with pytest.raises(MissingCheckpoint, match=r"bad\.pth cannot be read"):
        load(tmp_path / "bad.pth", DATA / "bart", "cpu")
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("name", ["cut.pth", "cut.safetensors"])
def test_a_damaged_file_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((DATA / "tiny.pth").read_bytes()[:1000])
    with pytest.raises(MissingCheckpoint, match="cannot be read") as caught:
        load(tmp_path / name, DATA / "bart", "cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("saved", [{"state_dict": {"a": 1}}, {"epoch": 3}, [1, 2], {}])
def test_a_file_of_something_else_is_one_line(tmp_path: Path, saved: object) -> None:
    torch.save(saved, tmp_path / "other.pth")
    with pytest.raises(MissingCheckpoint, match="no state dictionary"):
        load(tmp_path / "other.pth", DATA / "bart", "cpu")


def test_weights_that_do_not_fit_the_configuration_are_one_line(tmp_path: Path) -> None:
    bart = tmp_path / "bart"
    shutil.copytree(DATA / "bart", bart)
    config = json.loads((bart / "config.json").read_text(encoding="utf-8"))
    (bart / "config.json").write_text(json.dumps(config | {"decoder_layers": 3}), encoding="utf-8")
    with pytest.raises(MissingCheckpoint, match=r"tiny\.pth .* do not belong together") as caught:
        load(DATA / "tiny.pth", bart, "cpu")
    assert "\n" not in str(caught.value)


def test_a_missing_configuration_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingCheckpoint, match=r"config\.json"):
        load(DATA / "tiny.pth", tmp_path, "cpu")


def test_a_folder_with_weights_and_bart_is_found() -> None:
    weights = weights_file(str(DATA), "main", "transfer")
    assert weights == DATA / "tiny.pth"
    assert bart_folder(weights) == DATA / "bart"
    found = records(str(DATA), "main", "transfer")
    assert list(found) == ["model"]
    assert found["model"].digest is not None


def test_a_file_is_found() -> None:
    assert weights_file(str(DATA / "tiny.pth"), "main", "transfer") == DATA / "tiny.pth"


def test_a_folder_with_two_checkpoints_names_both(tmp_path: Path) -> None:
    for name in ("transfer.pth", "pretrain.pth"):
        (tmp_path / name).touch()
    with pytest.raises(MissingCheckpoint, match=r"it holds pretrain\.pth, transfer\.pth"):
        weights_file(str(tmp_path), "main", "transfer")


def test_a_checkpoint_of_the_hub_is_found_in_its_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    commit = "0" * 39 + "1"
    for model, source, names in (
        ("seungheondoh/lp-music-caps", DATA / "tiny.pth", ["supervised.pth"]),
        ("facebook/bart-base", DATA / "bart", [p.name for p in (DATA / "bart").iterdir()]),
    ):
        folder = tmp_path / f"models--{model.replace('/', '--')}"
        snapshot = folder / "snapshots" / commit
        snapshot.mkdir(parents=True)
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text(commit, encoding="utf-8")
        for name in names:
            shutil.copyfile(source / name if source.is_dir() else source, snapshot / name)
    found = records("seungheondoh/lp-music-caps", "main", "supervised")
    assert {name: (r.model, r.revision) for name, r in found.items()} == {
        "model": ("seungheondoh/lp-music-caps", commit),
        "bart": ("facebook/bart-base", commit),
    }
    weights = weights_file("seungheondoh/lp-music-caps", "main", "supervised")
    assert load(weights, bart_folder(weights), "cpu").captions([clip(0)], 1, 8)
    with pytest.raises(MissingCheckpoint, match=r"hf download .* transfer\.pth"):
        weights_file("seungheondoh/lp-music-caps", "main", "transfer")


def test_a_short_clip_is_padded_with_silence() -> None:
    (only,) = chunks(np.ones(1000, np.float32))
    assert len(only) == CHUNK
    assert only[:1000].all()
    assert not only[1000:].any()


def test_a_long_clip_is_cut_into_whole_chunks_and_the_rest_dropped() -> None:
    samples = np.arange(2 * CHUNK + 5000, dtype=np.float32)
    first, second = chunks(samples)
    np.testing.assert_array_equal(np.concatenate([first, second]), samples[: 2 * CHUNK])


def test_ten_seconds_are_one_chunk() -> None:
    (only,) = chunks(np.zeros(CHUNK, np.float32))
    assert len(only) == CHUNK
