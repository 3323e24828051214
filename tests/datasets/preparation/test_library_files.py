"""What counts as a track by its name and place, and what is stated about the rest."""

from __future__ import annotations

import sys

import pytest

from djtrans.core.errors import InputError
from djtrans.datasets.preparation.library_files import find_files


def touch(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")


def found(folder, without=None):
    files, skipped = find_files(folder, without or folder / "out")
    names = [file.relative_to(folder).as_posix() for file in files]
    return names, {each.name: each.reason for each in skipped}


def test_sidecars_hidden_files_and_folders_are_named(tmp_path):
    touch(tmp_path, "a.mp3", "._a.mp3", ".b.wav", ".Trash/c.wav", "cover.jpg", "d/e.FLAC")
    files, skipped = found(tmp_path)
    assert files == ["a.mp3", "d/e.FLAC"]
    assert skipped == {
        "._a.mp3": "It is a sidecar file of macOS and holds no audio.",
        ".b.wav": "It is a hidden file.",
        ".Trash": "It is a hidden folder.",
    }


def test_stems_of_a_separation_are_no_tracks(tmp_path):
    touch(
        tmp_path,
        *(f"htdemucs/Song/{name}.wav" for name in ("drums", "bass", "other", "vocals")),
        *(f"two/{name}.mp3" for name in ("vocals", "no_vocals")),
        *(f"flat/Song ({name}).wav" for name in ("Drums", "Bass", "Vocals")),
        "flat/Song.wav",
        "titles/Bass.mp3",
        "titles/Song (Vocals).mp3",
        "titles/Song (Instrumental).mp3",
        "titles/Other - Song.mp3",
    )
    files, skipped = found(tmp_path)
    assert files == [
        "flat/Song.wav",
        "titles/Bass.mp3",
        "titles/Other - Song.mp3",
        "titles/Song (Instrumental).mp3",
        "titles/Song (Vocals).mp3",
    ]
    assert len(skipped) == 9
    assert set(skipped.values()) == {"It is a stem of a separated track, not a track."}


def test_what_djtrans_wrote_is_no_track(tmp_path):
    touch(
        tmp_path,
        "set/pair_001/transition.wav",
        "set/pair_001/analysis.json",
        "set/pair_001/params.json",
        "set/pair_001/track_a_stems/drums.wav",
        "set/pair_001/track_a_stems/bass.wav",
        "cut/mix/transition_001/mix.wav",
        "cut/mix/transition_001/alignment.json",
        "out/pair_001/transition.wav",
        "a.wav",
    )
    files, skipped = found(tmp_path)
    assert files == ["a.wav"]
    assert set(skipped) == {
        "set/pair_001/transition.wav",
        "set/pair_001/track_a_stems/drums.wav",
        "set/pair_001/track_a_stems/bass.wav",
        "cut/mix/transition_001/mix.wav",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_linked_folders_are_searched_once_and_broken_links_are_named(tmp_path):
    touch(tmp_path, "elsewhere/b.wav", "library/a.wav")
    library = tmp_path / "library"
    (library / "linked").symlink_to(tmp_path / "elsewhere")
    (library / "again").symlink_to(library)
    (library / "gone.wav").symlink_to(tmp_path / "nothing.wav")
    files, skipped = found(library)
    assert files == ["a.wav", "linked/b.wav"]
    assert skipped == {
        "again": "It is a link to a folder that is searched already.",
        "gone.wav": "It is a link to a file that is not there.",
    }


def test_a_library_without_audio_is_refused(tmp_path):
    touch(tmp_path, "notes.txt")
    with pytest.raises(InputError, match="no audio file below"):
        found(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        found(tmp_path / "none")
