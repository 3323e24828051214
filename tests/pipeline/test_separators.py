"""Lookup of separators by name, and download of weights before the work begins."""

import time

import attrs
import pytest
import torch

import djtrans
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration
from djtrans.core.errors import ConfigError, SeparationError
from djtrans.core.track.stem_cache import CachedSeparator
from djtrans.pipeline.separators import build_separator, fetch_separator
from djtrans.plugins.separators import DemucsConfig
from djtrans.registry import Registry


class Fake:
    """Stands in for demucs: its weights are there, or are not."""

    there = True

    def __init__(self, config):
        self.config = config

    def fetch(self, progress=None):
        if not self.there:
            raise SeparationError("No weights; run 'hf download it'.")
        if progress:
            progress(1.0)
        return "digest"

    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        return torch.stack([audio, audio * 0, audio * 0, audio * 0])


@pytest.fixture
def registry(monkeypatch):
    registry = Registry(discover=False, environ={})
    monkeypatch.setattr(Fake, "there", True)
    declaration = SeparatorDeclaration(
        name="demucs", summary="A fake.", factory=Fake, config=DemucsConfig, keep=True
    )
    with registry.override("separator", "demucs", declaration):
        yield registry


def test_auto_is_demucs_where_its_weights_are(registry):
    fractions = []
    assert fetch_separator(registry, "auto", {}, progress=fractions.append) == "demucs"
    assert fractions == [1.0]


def test_without_weights_auto_is_spectral_and_says_how_to_get_them(registry):
    Fake.there = False
    with pytest.warns(
        UserWarning, match=r"made by 'spectral'.*'djtrans doctor' states why"
    ) as caught:
        assert fetch_separator(registry, "auto", {}) == "spectral"
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    with pytest.raises(SeparationError, match="hf download"):
        fetch_separator(registry, "demucs", {})


def test_settings_choose_among_the_separators_that_have_them(registry):
    assert fetch_separator(registry, "auto", {"bass_top_hz": 200.0}) == "spectral"
    assert fetch_separator(registry, "auto", {"weights": "w.safetensors"}) == "demucs"
    Fake.there = False
    with pytest.raises(SeparationError):  # asked for by name of its field: nothing else will do
        fetch_separator(registry, "auto", {"weights": "w.safetensors"})
    with pytest.raises(ConfigError, match=r"no field bass; .*demucs \(model.*spectral \(kick_top"):
        fetch_separator(registry, "auto", {"bass": 1})


def test_the_device_is_handed_on_unless_it_is_set(registry):
    assert build_separator(registry, "demucs", {}, "cpu").config.device == "cpu"
    assert build_separator(registry, "demucs", {"device": "mps"}, "cpu").config.device == "mps"
    assert isinstance(build_separator(registry, "spectral", {}, "cpu"), Separator)


def test_only_what_is_found_by_name_is_kept():
    registry = Registry(discover=False, environ={})
    assert isinstance(build_separator(registry, "demucs", {}, "cpu"), CachedSeparator)
    assert not isinstance(build_separator(registry, "spectral", {}), CachedSeparator)
    demucs = registry.separators.find("demucs").declaration
    with registry.override("separator", "demucs", attrs.evolve(demucs, factory=Fake)):
        assert isinstance(build_separator(registry, "demucs", {}, "cpu"), Fake)


def test_missing_weights_are_said_before_a_track_is_read(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    for settings, words in (
        ({}, "HF_HUB_OFFLINE is set.*hf download"),
        ({"separator.weights": str(tmp_path / "none")}, "do not exist"),
    ):
        begin = time.monotonic()
        with pytest.raises(SeparationError, match=words):
            djtrans.generate("no.wav", "no.wav", separator="demucs", settings=settings)
        assert time.monotonic() - begin < 10  # imports, on a busy machine


def test_stems_that_are_read_from_files_are_not_cached(registry):
    declaration = SeparatorDeclaration(
        name="demucs", summary="A fake.", factory="nowhere:Fake", keep=True, reads_source=True
    )
    computed = attrs.evolve(declaration, reads_source=False)
    for declared, cached in ((declaration, False), (computed, True)):
        with registry.override("separator", "demucs", attrs.evolve(declared, factory=FAKE)):
            found = build_separator(registry, "demucs", {})
        assert isinstance(found, CachedSeparator) is cached


#: By name, as the cache requires.
FAKE = f"{__name__}:Fake"
