"""Sample rates that each extension can have, checked against libsndfile."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import torch

from djtrans.core.audio.containers import WRITABLE, check_sample_rate
from djtrans.core.audio.io import write_audio
from djtrans.core.errors import AudioFileError

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 192000)


@pytest.mark.parametrize("extension", sorted(WRITABLE))
@pytest.mark.parametrize("rate", RATES)
def test_what_passes_the_check_is_what_libsndfile_writes(extension, rate):
    container, subtype = WRITABLE[extension]
    try:
        with soundfile.SoundFile(
            io.BytesIO(), "w", samplerate=rate, channels=1, format=container, subtype=subtype
        ) as file:
            file.write(np.zeros(64))
        possible = True
    except soundfile.SoundFileError:
        possible = False
    if possible:
        check_sample_rate(f"x{extension}", rate)
    else:
        with pytest.raises(AudioFileError, match=r"8000, 11025, .*, 48000 Hz"):
            check_sample_rate(f"x{extension}", rate)


@pytest.mark.parametrize(("name", "rate"), [("x.mp3", 96000), ("x.ogg", 384000), ("x.flac", 10**6)])
def test_a_rate_that_cannot_be_written_is_refused(tmp_path, name, rate):
    # libsndfile crashes on Vorbis above 200 kHz.
    with pytest.raises(AudioFileError, match=f"at {rate} Hz"):
        write_audio(tmp_path / name, torch.zeros(1, 1000), rate)
    assert list(tmp_path.iterdir()) == []
