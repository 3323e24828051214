"""Audio files written piece by piece."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.audio.io import load_audio, write_audio
from djtrans.core.audio.writing import open_writer
from djtrans.core.errors import AudioFileError


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_pieces_give_the_file_of_the_whole(tmp_path, suffix):
    audio = torch.randn(2, 100_000, generator=torch.Generator().manual_seed(0)) / 8
    write_audio(tmp_path / f"whole{suffix}", audio, 44100)
    with open_writer(tmp_path / f"pieces{suffix}", 44100, 2) as write:
        for piece in audio.split(65536, dim=-1):
            write(piece)
    whole, pieces = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("whole", "pieces"))
    assert whole == pieces


def test_an_error_leaves_no_file(tmp_path):
    def fail():
        with open_writer(tmp_path / "a.wav", 44100, 1) as write:
            write(torch.zeros(1, 100))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with (
        pytest.raises(AudioFileError, match=r"extension '\.xyz' is unknown"),
        open_writer(tmp_path / "a.xyz", 44100, 1),
    ):
        pass


def test_what_was_written_is_read(tmp_path):
    with open_writer(tmp_path / "a.wav", 8000, 1, "FLOAT", texts={"title": "T"}) as write:
        write(torch.full((1, 10), 0.25))
        write(torch.full((1, 5), 2.0))
    audio, rate = load_audio(tmp_path / "a.wav")
    assert (audio.shape[-1], rate, float(audio[0, -1])) == (15, 8000, 2.0)
