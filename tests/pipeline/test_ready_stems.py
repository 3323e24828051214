"""Render with ready stems that were moved, exchanged or edited since the first render."""

from __future__ import annotations

import json
import shutil
import warnings

import pytest
import torch

import djtrans
from djtrans.core.errors import FormatError, SeparationError
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import load_params
from djtrans.pipeline.ready_stems import with_stems
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050


@pytest.fixture(scope="module")
def tracks():
    structure = (("intro", 4), ("drop", 8), ("outro", 4))
    specs = [
        TrackSpec(bpm=bpm, seed=seed, structure=structure, sample_rate_hz=RATE)
        for bpm, seed in ((126.0, 1), (124.0, 2))
    ]
    return [synthesize(spec) for spec in specs]


@pytest.fixture(scope="module")
def first(tracks, tmp_path_factory):
    """A folder with two tracks, and stems of B that were given by a relative path."""
    folder = tmp_path_factory.mktemp("first")
    for name, track in zip("ab", tracks, strict=True):
        djtrans.write_audio(folder / f"{name}.wav", track.audio, RATE)
    djtrans.save_stems(tracks[1].stems, folder / "stems")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made = djtrans.generate(
            "a.wav",
            "b.wav",
            technique="fade",
            bars=4,
            context="0",
            device="cpu",
            model=None,
            separator="spectral",
            stems_b="stems",
        )
    made.save_params(folder / "out.json")
    return folder, made


@pytest.fixture
def folder(first, tmp_path):
    """A copy of that folder, with a params file that names the copy."""
    target = tmp_path / "copy"
    shutil.copytree(first[0], target)
    text = (target / "out.json").read_text().replace(str(first[0]), str(target))
    (target / "out.json").write_text(text)
    return target


def render(folder, **options):
    files = (folder / "out.json", folder / "a.wav", folder / "b.wav")
    return djtrans.render(*files, device="cpu", **options)


def exchange(folder):
    drums, bass = (folder / f"{name}.wav" for name in ("drums", "bass"))
    drums.rename(folder / "x")
    bass.rename(drums)
    (folder / "x").rename(bass)


def test_stems_are_found_from_any_folder_and_give_the_same_audio(first, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = render(first[0])
    assert torch.equal(again.audio, first[1].audio)


def test_exchanged_stems_are_refused(folder):
    exchange(folder / "stems")
    with pytest.raises(SeparationError, match="not those that these parameters were made with"):
        render(folder)


def test_the_separator_itself_refuses_stems_that_change_during_the_work(folder):
    document = json.loads((folder / "out.json").read_text())
    config = document["tracks"]["b"]["separator"]["config"]
    exchange(folder / "stems")
    separator = djtrans.default_registry().separators.build("folder", config)
    with pytest.raises(SeparationError, match="not those that these parameters were made with"):
        separator.separate(torch.zeros(2, RATE), RATE)


def test_moved_stems_are_named_and_can_be_given(first, folder):
    (folder / "stems").rename(folder / "moved")
    with pytest.raises(SeparationError, match=r"stems of B were in .* --stems-b"):
        render(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = render(folder, stems_b=folder / "moved")
    assert torch.equal(again.audio, first[1].audio)
    config = again.provenance.tracks["b"].separator.config
    assert config["path"] == str(folder / "moved")


def test_other_stems_can_be_given_and_are_recorded(first, folder):
    recorded = first[1].provenance
    exchange(folder / "stems")
    with pytest.warns(UserWarning, match="stems of B in .* are not those of the first render"):
        now = with_stems(recorded, Pair(None, folder / "stems"), djtrans.default_registry())
    hashes = [found.tracks["b"].separator.config["sha256"] for found in (recorded, now)]
    assert hashes[0] != hashes[1]
    # Stems for a track that had none: its isolation is that of ready stems.
    with pytest.warns(UserWarning, match="stems of A in"):
        now = with_stems(recorded, Pair(folder / "stems", None), djtrans.default_registry())
    assert (recorded.tracks["a"].isolation, now.tracks["a"].isolation) == ("weak", "good")


def test_files_without_the_hash_load_with_a_warning(folder):
    document = json.loads((folder / "out.json").read_text())
    del document["tracks"]["b"]["separator"]["config"]["sha256"]
    (folder / "out.json").write_text(json.dumps(document))
    recorded = load_params(folder / "out.json").provenance
    with pytest.warns(UserWarning, match="content of the stems of B was not recorded"):
        assert with_stems(recorded, Pair(None, None), djtrans.default_registry()) == recorded


def test_tracks_in_memory_are_known_by_their_samples(tracks, first, tmp_path):
    a, b = (djtrans.Track(track.audio, RATE) for track in tracks)
    assert a.sha256 != b.sha256
    assert a.sha256 == djtrans.Track(tracks[0].audio.clone(), RATE).sha256
    assert a.sha256 != djtrans.Track(tracks[0].audio, RATE + 1).sha256
    options = {"technique": "cut", "context": "0", "device": "cpu", "separator": "spectral"}
    djtrans.generate(a, b, model=None, **options).save_params(tmp_path / "out.json")
    djtrans.render(tmp_path / "out.json", a, b, device="cpu")
    with pytest.raises(FormatError, match="Track A, track, is not the file"):
        djtrans.render(tmp_path / "out.json", b, a, device="cpu")
