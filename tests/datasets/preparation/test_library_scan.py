"""A scan keeps one file of each recording, and states what was left out and why."""

from __future__ import annotations

import json

import pytest

import djtrans
from djtrans.core.errors import InputError
from djtrans.core.track.corrections import TrackCorrections
from djtrans.core.track.corrections_file import Recording, Sidecar, write_sidecar
from djtrans.datasets.preparation import LibraryOptions, prepare_library
from djtrans.datasets.preparation.library_scan import scan_library
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050


def audio(seed):
    structure = (("intro", 2), ("drop", 6))
    spec = TrackSpec(bpm=126.0, tonic=9, seed=seed, structure=structure, sample_rate_hz=RATE)
    return synthesize(spec).audio


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    for suffix in ("flac", "mp3", "ogg", "wav"):
        djtrans.write_audio(folder / f"song.{suffix}", audio(1), RATE)
    djtrans.write_audio(folder / "other.mp3", audio(2), RATE)
    return folder


@pytest.fixture(scope="module")
def analyses(library, tmp_path_factory):
    folder = tmp_path_factory.mktemp("set") / "analyses"
    scan_library(library, folder)
    return folder


def test_one_song_in_four_formats_is_one_track(library, analyses):
    tracks, skipped = scan_library(library, analyses)
    assert [track.name for track in tracks] == ["other.mp3", "song.flac"]
    assert [each.name for each in skipped] == ["song.mp3", "song.ogg", "song.wav"]
    for each in skipped:
        assert each.reason.startswith("It is the same recording as song.flac (")


def test_a_long_file_is_a_mix_and_is_left_out_before_and_after_analysis(
    library, analyses, tmp_path
):
    for folder in (analyses, tmp_path / "analyses"):
        tracks, skipped = scan_library(library, folder, max_seconds=10.0)
        assert tracks == []
        assert len(skipped) == 5
        for each in skipped:
            assert each.reason.startswith("It is 0 min long, as DJ mixes are; tracks have up to")
    assert not list((tmp_path / "analyses").iterdir()), "what is too long is not analyzed"


@pytest.mark.parametrize("damage", ["cut off", "edited"])
def test_a_damaged_analysis_is_reported_and_made_again(library, analyses, damage):
    file = min(analyses.iterdir())
    sound = file.read_text()
    document = json.loads(sound)
    document["analysis"]["grid"]["bpm"] += 1.0
    file.write_text(sound[:5000] if damage == "cut off" else json.dumps(document))
    with pytest.warns(UserWarning, match=f"was analyzed again: its stored analysis {file.name}"):
        scan_library(library, analyses)
    assert file.read_text() == sound


def test_a_library_of_one_recording_has_no_pairs(library, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    for suffix in ("flac", "mp3", "wav"):
        (folder / f"t0.{suffix}").write_bytes((library / f"song.{suffix}").read_bytes())
    with pytest.raises(InputError, match=r"holds 1 track and 2 files that are left out \(t0\.mp3"):
        prepare_library(folder, tmp_path / "out", LibraryOptions(separator="spectral"))


@pytest.mark.usefixtures("warm_cache")
def test_a_corrected_track_is_analyzed_again_and_only_that(library, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    for name in ("song.flac", "other.mp3"):
        (folder / name).write_bytes((library / name).read_bytes())
    analyses = tmp_path / "set" / "analyses"
    before = {track.name: track for track in scan_library(folder, analyses)[0]}
    written = {file: file.stat().st_mtime_ns for file in analyses.iterdir()}
    track = djtrans.load_track(folder / "song.flac")
    sidecar = Sidecar(recording=Recording.of(track), own=TrackCorrections(key="3B"))
    write_sidecar(folder / "song.flac.djtrans.json", sidecar)
    after = {track.name: track for track in scan_library(folder, analyses)[0]}
    assert after["song.flac"].analysis.key.camelot == "3B"
    assert after["other.mp3"].analysis.key == before["other.mp3"].analysis.key
    changed = [file for file in analyses.iterdir() if file.stat().st_mtime_ns != written[file]]
    assert [file.stem for file in changed] == [track.sha256]
    (folder / "song.flac.djtrans.json").unlink()
    again = {track.name: track for track in scan_library(folder, analyses)[0]}
    assert again["song.flac"].analysis.key == before["song.flac"].analysis.key
