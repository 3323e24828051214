"""Where files can be written: links, access rights, devices, full disks."""

from __future__ import annotations

import os
import resource
import stat

import pytest
import torch

from djtrans.core.errors import AudioFileError, FormatError, InputError
from djtrans.core.util.atomic_files import replacing, write_text
from djtrans.core.util.writable import check_writable, target_of


@pytest.fixture
def small_files():
    """A limit of 200 kB per file, at which the system reports an error as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_link_is_kept_and_its_target_replaced(tmp_path):
    target = tmp_path / "real" / "x.txt"
    target.parent.mkdir()
    target.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["link.txt", "real"]
    assert os.listdir(target.parent) == ["x.txt"]


def test_a_dangling_link_creates_its_target(tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "x.txt")
    write_text(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "x.txt").read_text() == "new"


def test_a_link_to_itself_is_refused(tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to(link)
    with pytest.raises(InputError, match="link to itself"):
        write_text(link, "new")
    assert link.is_symlink()


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert target_of("~/x.txt") == tmp_path / "x.txt"


def test_access_rights_are_kept(tmp_path):
    file = tmp_path / "x.txt"
    file.write_text("old")
    file.chmod(0o600)
    write_text(file, "new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_device_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="not a regular file"):
        write_text(pipe, "x")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_file_has_is_an_error(tmp_path, name):
    with pytest.raises(InputError, match="Cannot write"):
        check_writable(tmp_path / name)


def test_long_names_leave_room_for_the_temporary_one(tmp_path):
    file = tmp_path / ("😀" * 62 + ".txt")  # 252 bytes of the 255 allowed
    write_text(file, "x")
    assert file.read_text() == "x"


def test_a_full_disk_is_named_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 100}))
    with pytest.raises(InputError, match="No space left on device"):
        check_writable(tmp_path / "x.txt")


def test_a_disk_that_fills_up_is_named_whatever_the_library_says(tmp_path, small_files):
    """libsndfile says 'System error', safetensors and torch have exceptions of their own."""
    from safetensors.torch import save_file

    from djtrans.core.audio.io import write_audio

    big = torch.rand(2, 100_000) - 0.5
    for name, error, write in (
        ("x.wav", AudioFileError, lambda file: write_audio(file, big, 44100)),
        ("x.flac", AudioFileError, lambda file: write_audio(file, big, 44100)),
        ("x.safetensors", FormatError, lambda file: _with(save_file, {"a": big}, file)),
        ("x.pt", FormatError, lambda file: _with(torch.save, {"a": big}, file)),
    ):
        with pytest.raises(error, match=rf"Cannot write .*{name}: File too large\."):
            write(tmp_path / name)
        assert os.listdir(tmp_path) == []


def _with(write, content, file):
    with replacing(file, FormatError) as part:
        write(content, part)


def test_other_errors_of_a_writer_pass_through(tmp_path):
    with pytest.raises(KeyError), replacing(tmp_path / "x") as part:  # noqa: PT012
        part.write_text("half")
        raise KeyError
    assert os.listdir(tmp_path) == []


def test_text_that_utf_8_cannot_encode_is_escaped(tmp_path):
    write_text(tmp_path / "x.txt", "caf\udce9 \N{GREEK SMALL LETTER ALPHA}")
    assert (tmp_path / "x.txt").read_text(encoding="utf-8") == "caf\\udce9 α"
