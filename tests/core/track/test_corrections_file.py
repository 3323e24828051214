"""Sidecar files: their places, their recordings, and mistakes made by hand."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.corrections import GridAnchor, SectionMark, TrackCorrections
from djtrans.core.track.corrections_file import (
    Import,
    Recording,
    Sidecar,
    find_sidecar,
    is_same_recording,
    own_sidecar,
    read_sidecar,
    sidecar_path,
    write_sidecar,
)
from djtrans.core.track.cue import Cue
from djtrans.core.track.track import load_track
from tests.helpers.dj_libraries import id3_tag


@pytest.fixture
def track(tmp_path):
    (tmp_path / "music").mkdir()
    noise = 0.1 * torch.randn(1, 4410, generator=torch.Generator().manual_seed(0))
    return load_track(write_audio(tmp_path / "music" / "a.wav", noise, 4410))


@pytest.fixture
def sidecar(track):
    return Sidecar(
        recording=Recording.of(track),
        own=TrackCorrections(
            bpm=120.5,
            anchors=[GridAnchor(0.1, beat=0), GridAnchor(0.6, 100.0)],
            cues=[Cue("a", 0.5), Cue("b", 0.1, 0.2)],
            sections=[SectionMark("drop", 0.0, 1.0)],
        ),
        imported=Import(
            source="djtrans/traktor",
            library="collection.nml",
            offset_seconds=0.0512,
            corrections=TrackCorrections(key="8A"),
        ),
    )


def test_what_is_written_is_read_again(track, sidecar):
    file = sidecar_path(track.path, track.sha256)
    assert file.name == "a.wav.djtrans.json"
    write_sidecar(file, sidecar)
    assert read_sidecar(file) == sidecar
    document = json.loads(file.read_text())
    # Only what is stated is written: a person reads it.
    assert document["imported"]["corrections"] == {"key": "8A"}
    assert document["own"]["anchors"] == [
        {"seconds": 0.1, "beat": 0},
        {"seconds": 0.6, "bpm": 100.0},
    ]


def test_precedence(sidecar):
    library = sidecar.layers()[:1]
    assert [layer.source for layer in sidecar.layers("a.json", library)] == [
        "djtrans/traktor",
        "djtrans/traktor",
        "own",
    ]
    assert [layer.file for layer in sidecar.layers("a.json")] == ["collection.nml", "a.json"]
    assert Sidecar(recording=sidecar.recording).layers() == ()


def test_it_moves_with_the_folder(track, sidecar, tmp_path):
    write_sidecar(sidecar_path(track.path, track.sha256), sidecar)
    shutil.move(tmp_path / "music", tmp_path / "elsewhere")
    moved = load_track(tmp_path / "elsewhere" / "a.wav")
    file, found = own_sidecar(moved)
    assert file == tmp_path / "elsewhere" / "a.wav.djtrans.json"
    assert found == sidecar


def test_a_folder_of_corrections_follows_the_content(track, sidecar, tmp_path, monkeypatch):
    monkeypatch.setenv("DJTRANS_CORRECTIONS", str(tmp_path / "corrections"))
    file = sidecar_path(track.path, track.sha256)
    assert file == tmp_path / "corrections" / f"{track.sha256}.djtrans.json"
    write_sidecar(file, sidecar)
    renamed = tmp_path / "other.wav"
    shutil.move(track.path, renamed)
    assert own_sidecar(load_track(renamed)) == (file, sidecar)


def test_one_beside_the_track_counts_if_the_folder_has_none(track, sidecar, tmp_path, monkeypatch):
    beside = sidecar_path(track.path, track.sha256)
    write_sidecar(beside, sidecar)
    monkeypatch.setenv("DJTRANS_CORRECTIONS", str(tmp_path / "corrections"))
    assert find_sidecar(track.path, track.sha256) == beside
    write_sidecar(sidecar_path(track.path, track.sha256), sidecar)
    assert find_sidecar(track.path, track.sha256).parent.name == "corrections"


def test_that_of_another_recording_is_ignored_with_a_warning(track, sidecar):
    write_sidecar(sidecar_path(track.path, track.sha256), sidecar)
    write_audio(track.path, torch.zeros(1, 4410), 4410)
    other = load_track(track.path)
    with pytest.warns(UserWarning, match=r"belongs to another recording \(a\.wav, 1\.0 s\)"):
        assert own_sidecar(other) is None


def test_other_tags_are_the_same_recording(tmp_path):
    path = write_audio(tmp_path / "a.mp3", torch.zeros(1, 44100), 44100)
    recording = Recording.of(load_track(path))
    raw = path.read_bytes()
    path.write_bytes(id3_tag([("TIT2", b"\0New title")]) + raw)
    tagged = load_track(path)
    assert tagged.sha256 != recording.sha256
    assert is_same_recording(recording, tagged)
    # Also if it was resampled since.
    assert is_same_recording(recording, tagged.at_rate(22050, 1))


def test_audio_that_is_not_from_a_file_has_none(track):
    assert own_sidecar(type(track)(track.audio, track.sample_rate)) is None


def without_recording(document):
    del document["recording"]


MISTAKES = [
    (lambda d: d["own"].update(bpm="fast"), "corrections.own.bpm is 'fast'; give a finite number"),
    (lambda d: d["own"].update(bpm=1000), "A tempo of 1000 BPM is out of range"),
    (lambda d: d["own"].update(tempo=120), "corrections.own: extra fields found (tempo)"),
    (lambda d: d["own"]["anchors"].append({"seconds": 0.0}), "The anchor at 0:00.000 is not after"),
    (lambda d: d["own"]["anchors"][0].update(beat="one"), "corrections.own.anchors[0].beat is"),
    (lambda d: d["own"]["anchors"][0].pop("seconds"), "anchors[0].seconds: required field missing"),
    (lambda d: d["own"]["cues"].append("drop"), "corrections.own.cues[2] is of another type"),
    (lambda d: d["own"]["sections"][0].update(label="verse"), "no section label 'verse'"),
    (lambda d: d["own"].update(key="H"), "'H' is no key"),
    (lambda d: d.update(own=[]), "corrections.own"),
    (lambda d: d.update(mine={}), "extra fields found (mine)"),
    (without_recording, "corrections.recording: required field missing"),
    (lambda d: d.update(format_version=2), "has format version 2; this version"),
    (lambda d: d.update(format="x"), "is not a valid file of corrections"),
]


@pytest.mark.parametrize(("mistake", "reason"), MISTAKES)
def test_a_mistake_made_by_hand_gives_one_clear_line(track, sidecar, mistake, reason):
    file = sidecar_path(track.path, track.sha256)
    write_sidecar(file, sidecar)
    document = json.loads(file.read_text())
    mistake(document)
    file.write_text(json.dumps(document))
    with pytest.raises(FormatError) as failure:
        read_sidecar(file)
    message = str(failure.value)
    assert message.startswith(str(file))
    assert reason in message
    assert "\n" not in message


def test_what_is_no_json_is_an_error(track):
    file = sidecar_path(track.path, track.sha256)
    file.write_text('{"format": "djtrans-corrections",}')
    with pytest.raises(FormatError, match=r"is not JSON: .*Correct it"):
        read_sidecar(file)
    with pytest.raises(InputError, match="Cannot read"):
        read_sidecar(file.parent / "absent.json")
