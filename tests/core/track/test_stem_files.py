"""Folders of ready stems that cannot be used."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_files import find_stem_files

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
