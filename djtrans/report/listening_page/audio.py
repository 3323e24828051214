"""Audio of a listening report: equal loudness, and compression that every browser decodes."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import soundfile
import torch
from torch import Tensor

from djtrans.core.audio.loudness import integrated_lufs, true_peak_db
from djtrans.core.audio.resampling import resample

#: MP3 with a variable bit rate, libsndfile's level 0.5 (LAME's V4): the only compressed format of
#: libsndfile that all current browsers decode. Safari decodes Ogg only since version 18.4.
_FORMAT = {"format": "MP3", "subtype": "MPEG_LAYER_III"}
_LEVEL = {"compression_level": 0.5, "bitrate_mode": "VARIABLE"}
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
#: Largest true peak after gain matching, in dBTP.
_CEILING_DBTP = -1.0
_BLOCK_FRAMES = 65536


def matching_gains(players: Mapping[str, Tensor], sample_rate: int) -> dict[str, float]:
    """Compute the gains that give all players one loudness, without a peak above -1 dBTP.

    Parameters
    ----------
    players : mapping of str to Tensor
        ``[channels, samples]`` each.
    sample_rate : int
        In Hz.

    Returns
    -------
    dict of str to float
        Gains in dB; 0 for silence. None of the players is louder than the loudest one was.

    Examples
    --------
    >>> import torch
    >>> noise = torch.randn(2, 44100, generator=torch.Generator().manual_seed(0)) / 20
    >>> gains = matching_gains({"mix": noise, "a": noise / 2}, 44100)
    >>> round(gains["a"] - gains["mix"], 2)
    6.02
    """
    loudness = {name: integrated_lufs(audio, sample_rate) for name, audio in players.items()}
    audible = [name for name, lufs in loudness.items() if math.isfinite(lufs)]
    if not audible:
        return dict.fromkeys(players, 0.0)
    possible = [
        loudness[name] + _CEILING_DBTP - true_peak_db(players[name], sample_rate)
        for name in audible
    ]
    target = min(max(loudness[name] for name in audible), *possible)
    return {name: target - lufs if name in audible else 0.0 for name, lufs in loudness.items()}


def equal_power_crossfade(a: Tensor, b: Tensor, start: int, stop: int) -> Tensor:
    """Crossfade two tracks between two samples with constant power.

    Parameters
    ----------
    a, b : Tensor
        ``[channels, samples]``.
    start, stop : int
        The fade; it may reach beyond the audio.

    Returns
    -------
    Tensor
        ``[channels, samples]``: `a` before the fade, `b` after it.
    """
    sample = torch.arange(a.shape[-1], dtype=torch.float64, device=a.device)
    angle = ((sample - start) / max(1, stop - start)).clamp(0.0, 1.0) * (math.pi / 2)
    return a * angle.cos().to(a) + b * angle.sin().to(b)


def encode_all(
    streams: Mapping[str, Tensor], sample_rate: int, progress: Callable[[float], object]
) -> dict[str, str]:
    """Compress audio to MP3, in several threads where torch uses several.

    Parameters
    ----------
    streams : mapping of str to Tensor
        ``[channels, samples]`` each.
    sample_rate : int
        In Hz; rates that MP3 lacks are resampled.
    progress : callable
        Receives the fraction that is done.

    Returns
    -------
    dict of str to str
        Files as base64.
    """
    done: dict[str, str] = {}
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        jobs = pool.map(lambda audio: encode(audio, sample_rate), streams.values())
        for name, encoded in zip(streams, jobs, strict=True):
            done[name] = base64.b64encode(encoded).decode("ascii")
            progress(len(done) / len(streams))
    return done


def encode(audio: Tensor, sample_rate: int) -> bytes:
    """Compress audio ``[channels, samples]`` to an MP3 file."""
    if sample_rate not in _RATES:
        audio, sample_rate = resample(audio, sample_rate, 48000), 48000
    frames = audio.detach().cpu().to(torch.float32).numpy().T
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", samplerate=sample_rate, channels=frames.shape[1], **_FORMAT, **_LEVEL
    ) as out:
        for begin in range(0, len(frames), _BLOCK_FRAMES):
            out.write(np.ascontiguousarray(frames[begin : begin + _BLOCK_FRAMES]))
    return file.getvalue()
