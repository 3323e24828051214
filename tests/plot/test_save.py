"""A picture is either whole or not there."""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure

from djtrans.core.errors import InputError
from djtrans.plot import save_figure
from djtrans.plot.save import is_own_picture

MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("extension", sorted(MAGIC))
def test_each_format_is_written_alone(tmp_path, extension):
    path = tmp_path / f"picture{extension}"
    save_figure(Figure(), path)
    assert path.read_bytes().startswith(MAGIC[extension])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("extension", sorted(MAGIC))
def test_the_same_figure_gives_the_same_bytes_at_any_time(tmp_path, extension):
    paths = [tmp_path / f"{i}{extension}" for i in range(2)]
    for path in paths:
        figure = Figure()
        figure.subplots().plot([0, 1])  # with elements that SVG numbers
        save_figure(figure, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert not re.search(rb"CreationDate|<dc:date>", paths[0].read_bytes())


def test_other_extensions_are_refused_with_those_allowed(tmp_path):
    with pytest.raises(InputError, match=r"picture\.bmp.*\.png, \.svg, \.pdf"):
        save_figure(Figure(), tmp_path / "picture.bmp")


def test_a_missing_folder_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="Cannot write"):
        save_figure(Figure(), tmp_path / "nowhere" / "picture.png")


def test_a_failure_keeps_the_old_file_and_leaves_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    figure = Figure()

    def fail(part, **kwargs):
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(InputError, match="No space left"):
        save_figure(figure, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_own_pictures_are_recognized(tmp_path):
    figure, own, other = Figure(), tmp_path / "own.png", tmp_path / "other.png"
    save_figure(figure, own)
    figure.savefig(other)
    assert is_own_picture(own)
    assert not is_own_picture(other)
