"""Outputs are checked before the work: inputs, other outputs, files of other programs."""

from __future__ import annotations

import os

import pytest

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.output_files import (
    Output,
    check_by_product,
    check_folder,
    check_outputs,
    make_folder,
    same_file,
    starts_with,
    write_all,
)


@pytest.fixture
def song(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "song.wav"
    file.write_bytes(b"RIFF")
    return file


def spellings(song, folder):
    """Names of one file: as is, relative, through links, in a linked folder."""
    os.link(song, folder / "hard.wav")
    (folder / "soft.wav").symlink_to(song)
    (folder / "linked").symlink_to(folder, target_is_directory=True)
    return [
        song,
        "song.wav",
        "./x/../song.wav",
        "hard.wav",
        "soft.wav",
        folder / "linked" / "song.wav",
    ]


def test_an_input_under_any_name_is_refused(song, tmp_path):
    (tmp_path / "x").mkdir()
    for name in spellings(song, tmp_path):
        with pytest.raises(InputError, match="is the file of track A, which it would overwrite"):
            check_outputs([Output("--output", name)], {"track A": song})
    assert song.read_bytes() == b"RIFF"


def test_another_file_is_allowed(song, tmp_path):
    (tmp_path / "other.wav").write_bytes(b"RIFF")
    check_outputs([Output("--output", "other.wav")], {"track A": song})
    check_outputs([Output("--output", "new.wav"), Output("--save-params", None)], {"track A": None})


def test_a_file_in_a_folder_that_is_an_input_is_refused(song, tmp_path):
    stems = tmp_path / "stems"
    stems.mkdir()
    (stems / "drums.wav").write_bytes(b"RIFF")
    with pytest.raises(InputError, match="is the file of --stems-a"):
        check_outputs([Output("--output", stems / "drums.wav")], {"--stems-a": stems})


@pytest.mark.parametrize("second", ["x.json", "./x.json", "X.JSON", "sub/../x.json"])
def test_two_outputs_with_one_name_are_refused(song, tmp_path, second):
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match="--report and --output name the same file"):
        check_outputs([Output("--output", "x.json"), Output("--report", second)])


def test_case_decides_where_the_file_system_says_so(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"1")
    (tmp_path / "X.wav").write_bytes(b"2")
    two = len(os.listdir(tmp_path)) == 2
    assert same_file(tmp_path / "x.wav", tmp_path / "X.wav") is not two


def test_extensions_are_checked(song):
    with pytest.raises(InputError, match=r"Cannot write x\.txt: end the name in \.wav, \.flac\."):
        check_outputs([Output("--output", "x.txt", (".wav", ".flac"))])
    check_outputs([Output("--output", "x.WAV", (".wav",))])
    with pytest.raises(InputError, match=r"--save-params does not write \.wav files"):
        check_outputs([Output("--save-params", "x.wav", excluded=(".wav",))])


def test_a_folder_that_is_missing_is_named(song):
    with pytest.raises(InputError, match=r"Cannot write none/x\.wav: folder none does not exist"):
        check_outputs([Output("--output", "none/x.wav")])


def test_a_folder_of_results_is_no_input(song, tmp_path):
    (tmp_path / "library").mkdir()
    with pytest.raises(InputError, match="is the folder of the tracks"):
        check_folder("--output", "library", {"the tracks": tmp_path / "library"})
    check_folder("--output", "library/new/deep", {"the tracks": tmp_path / "library"})
    with pytest.raises(InputError, match=r"song\.wav is not a folder"):
        check_folder("--output", "song.wav/deep")


def test_a_folder_that_cannot_be_made_is_an_error(song, tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    with pytest.raises(InputError, match="Cannot create the folder"):
        make_folder(song / "b")


def test_a_by_product_replaces_only_files_of_djtrans(tmp_path):
    file = tmp_path / "summary.md"
    own = starts_with("# Comparison", "# Summary")
    check_by_product(file, own, instead="move it")
    file.write_text("# Summary of 1\n")
    check_by_product(file, own, instead="move it")
    file.write_text("# My notes\n")
    with pytest.raises(InputError, match="was not written by djtrans, so it is not replaced; move"):
        check_by_product(file, own, instead="move it")
    file.unlink()
    file.mkdir()
    with pytest.raises(InputError, match="was not written by djtrans"):
        check_by_product(file, own, instead="move it")


def test_one_file_that_fails_does_not_cost_the_others(tmp_path):
    done = []

    def fail():
        raise FormatError("Cannot write b: No space left on device.")

    writers = {"a": lambda: done.append("a"), "b": fail, "c": lambda: done.append("c")}
    with pytest.raises(FormatError, match=r"No space left on device\. Written: a, c\."):
        write_all(writers)
    assert done == ["a", "c"]
    assert write_all({"a": lambda: None}) == ["a"]
