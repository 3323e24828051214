"""Rendering again: the same audio, without decoding, stretching or separating the tracks."""

from __future__ import annotations

import json

import pytest
import torch

import djtrans
from djtrans.core.track import lazy_track
from djtrans.core.transition import aligned_cache
from djtrans.plugins.separators.spectral import SpectralSeparator

RATE = 22050


@pytest.mark.slow
def test_the_same_again_decodes_and_separates_nothing(tracks, tmp_path, cache_folder, monkeypatch):
    paths = [
        djtrans.write_audio(tmp_path / f"{name}.wav", track.audio, RATE)
        for name, track in zip("ab", tracks, strict=True)
    ]
    options = {"separator": "spectral", "model": "none", "device": "cpu"}
    made = djtrans.generate(*paths, **options)

    def forbid(*_, **__):
        raise AssertionError("computed again")

    for name in ("load_track", "decode"):
        monkeypatch.setattr(lazy_track, name, forbid)
    monkeypatch.setattr(SpectralSeparator, "separate", forbid)
    again = djtrans.generate(*paths, **options)
    assert torch.equal(again.audio, made.audio)
    assert again.plan == made.plan
    assert again.provenance == made.provenance


def test_an_edited_file_is_rendered_from_the_cache(tracks, tmp_path, cache_folder, monkeypatch):
    paths = [
        djtrans.write_audio(tmp_path / f"{name}.wav", track.audio, RATE)
        for name, track in zip("ab", tracks, strict=True)
    ]
    made = djtrans.generate(*paths, separator="spectral", model="none", device="cpu")
    made.save_params(tmp_path / "made.json")
    fresh = djtrans.render(tmp_path / "made.json", *paths, device="cpu")
    assert torch.equal(fresh.audio, made.audio)

    def forbid(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(lazy_track, "load_track", forbid)
    monkeypatch.setattr(aligned_cache, "align", forbid)
    monkeypatch.setattr(SpectralSeparator, "separate", forbid)
    again = djtrans.render(tmp_path / "made.json", *paths, device="cpu")
    assert torch.equal(again.audio, made.audio)

    document = json.loads((tmp_path / "made.json").read_text())
    gain = [row["key"] for row in document["layout"]].index("a/drums/fader/gain")
    middle = len(document["values"]) // 2
    document["values"][middle][gain] = 1.0 - document["values"][middle][gain]
    (tmp_path / "made.json").write_text(json.dumps(document))
    edited = djtrans.render(tmp_path / "made.json", *paths, device="cpu")
    assert not torch.equal(edited.audio, made.audio)

    monkeypatch.setenv("DJTRANS_CACHE", str(tmp_path / "empty"))
    with pytest.raises(AssertionError, match="computed again"):
        djtrans.render(tmp_path / "made.json", *paths, device="cpu")
