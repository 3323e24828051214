"""Stems: names, windows and shape errors."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.errors import AudioFileError, ShapeError
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.stems import Stems


def make():
    return Stems(torch.arange(24.0).reshape(2, 2, 6), ("drums", "bass"), 100)


def test_stems_by_name_and_their_sum():
    stems = make()
    assert torch.equal(stems["bass"], stems.audio[1])
    assert torch.equal(stems.mix, stems.audio[0] + stems.audio[1])
    assert torch.equal(stems.scaled(2.0).audio, 2 * stems.audio)
    with pytest.raises(ShapeError, match="Did you mean 'drums'"):
        stems["drum"]


@pytest.mark.parametrize(("start", "stop"), [(1, 4), (-2, 3), (4, 9), (-3, 8), (7, 9), (-5, -2)])
def test_a_window_is_what_indexing_a_padded_signal_gives(start, stop):
    stems = make()
    padded = torch.nn.functional.pad(stems.audio, (10, 10))
    assert torch.equal(stems.window(start, stop).audio, padded[..., start + 10 : stop + 10])


@pytest.mark.parametrize(
    ("audio", "match"),
    [
        (torch.zeros(3, 2, 6), "expected .* with 2 stems"),
        (torch.zeros(2, 6), "expected"),
        (torch.zeros(2, 2, 6, dtype=torch.int16), "convert it to torch.float32"),
    ],
)
def test_wrong_shapes_are_refused(audio, match):
    with pytest.raises(ShapeError, match=match):
        Stems(audio, ("drums", "bass"), 100)


@pytest.mark.parametrize(
    "name", ["../outside", "/tmp/outside", "a/b", "a\0b", "x" * 300, "aux", ".."]
)
def test_no_name_of_a_stem_leaves_the_folder(tmp_path, name):
    stems = Stems(torch.zeros(2, 1, 10), ("drums", name), 8000)
    (tmp_path / "set").mkdir()
    with pytest.raises(AudioFileError, match="cannot be the name of a file"):
        save_stems(stems, tmp_path / "set" / "stems")
    assert [path.name for path in tmp_path.rglob("*")] == ["set"]
