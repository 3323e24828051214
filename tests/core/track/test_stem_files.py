"""Folders of ready stems that cannot be used."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_files import (
    LENGTH_TOLERANCE_SECONDS,
    check_stems_hash,
    find_stem_files,
    load_stems,
    stems_hash,
)

NAMES = ("drums", "bass")


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        write_audio(tmp_path / f"{name}.wav", torch.zeros(1, 8000), 8000)
    return tmp_path


def test_files_are_found_in_the_order_of_the_names(folder):
    (folder / "notes.txt").touch()
    found = find_stem_files(folder, NAMES)
    assert [file.name for file in found] == ["drums.wav", "bass.wav"]


def test_a_folder_that_is_not_one(folder):
    with pytest.raises(SeparationError, match=r"drums\.wav is a file; give a folder"):
        find_stem_files(folder / "drums.wav", NAMES)
    with pytest.raises(SeparationError, match="nowhere does not exist; give a folder"):
        find_stem_files(folder / "nowhere", NAMES)


def test_two_files_for_one_stem_are_refused(folder):
    write_audio(folder / "Drums.flac", torch.zeros(1, 8000), 8000)
    with pytest.raises(SeparationError, match=r"Drums\.flac and drums\.wav; keep one"):
        find_stem_files(folder, NAMES)


def test_shorter_and_mono_stems_are_filled_up(folder):
    write_audio(folder / "bass.wav", torch.full((2, 7999), 0.25), 8000)
    stems = load_stems(folder, NAMES)
    assert stems.audio.shape == (2, 2, 8000)
    assert torch.equal(stems.audio[1, :, :7999], torch.full((2, 7999), 0.25))
    assert float(stems.audio[1, :, 7999:].abs().max()) == 0.0


@pytest.mark.parametrize(("missing", "allowed"), [(0.9, True), (1.1, False)])
def test_stems_may_differ_by_what_encoders_pad(folder, missing, allowed):
    samples = 8000 - round(missing * LENGTH_TOLERANCE_SECONDS * 8000)
    write_audio(folder / "bass.wav", torch.zeros(1, samples), 8000)
    assert LENGTH_TOLERANCE_SECONDS == 0.05
    if allowed:
        assert load_stems(folder, NAMES).samples == 8000
    else:
        with pytest.raises(SeparationError, match="length"):
            load_stems(folder, NAMES)


def test_stems_are_known_by_their_content(folder):
    for name in ("vocals", "other"):
        write_audio(folder / f"{name}.wav", torch.zeros(1, 8000), 8000)
    known = stems_hash(folder)
    check_stems_hash(folder, known)
    check_stems_hash(folder, "")
    write_audio(folder / "bass.wav", torch.ones(1, 8000), 8000)
    with pytest.raises(SeparationError, match="are not those that these parameters"):
        check_stems_hash(folder, known)
