"""Measures the features of a track's stems on the frames of a window."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.errors import InputError
from djtrans.core.features import TrackFeatures
from djtrans.core.params import frame_times
from djtrans.core.stems import Stems

#: Edges between the low, mid and high band, in Hz: those of the default EQ.
BAND_EDGES_HZ = (300.0, 4000.0)
FLOOR_DB = -120.0
_HOP_SECONDS = 0.01


def extract_features(
    stems: Stems,
    beat_times: Tensor,
    *,
    bpm: float,
    key: str = "",
    beats_per_bar: int = 4,
    frames_per_beat: int = 2,
) -> TrackFeatures:
    """Features of stems on the frames of a window.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds from the stems' first sample: every beat of the window and
        its end.
    bpm : float
        Tempo of the stems as they are.
    key : str
        Camelot code.
    beats_per_bar, frames_per_beat : int

    Returns
    -------
    TrackFeatures

    Raises
    ------
    InputError
        If the stems end before the window does.
    """
    length = stems.samples / stems.sample_rate
    if float(beat_times[0]) < -1e-3 or float(beat_times[-1]) > length + 0.05:
        raise InputError(
            f"The window lies at {float(beat_times[0]):.2f} to {float(beat_times[-1]):.2f} s, but "
            f"the stems are {length:.2f} s long; give longer stems, fewer frames or another start."
        )
    n_frames = (len(beat_times) - 1) * frames_per_beat
    times = frame_times(beat_times, n_frames, frames_per_beat)
    levels = torch.stack([_band_levels(stem, stems.sample_rate, times) for stem in stems.audio], 1)
    return TrackFeatures(
        bpm=bpm,
        beat_times=beat_times,
        level_db=levels,
        stem_names=stems.names,
        beats_per_bar=beats_per_bar,
        frames_per_beat=frames_per_beat,
        key=key,
    )


def _band_levels(audio: Tensor, sample_rate: int, times: Tensor) -> Tensor:
    """RMS level of the three bands from each frame to the next, ``[frames, 3]`` dB full scale."""
    hop = max(1, round(_HOP_SECONDS * sample_rate))
    size = 4 * hop
    window = torch.hann_window(size, device=audio.device, dtype=audio.dtype)
    spectrum = torch.stft(
        audio, size, hop, window=window, center=True, pad_mode="constant", return_complex=True
    )
    # Parseval, one-sided: mean square of the windowed signal over the window's own mean square.
    power = spectrum.abs().square().mean(dim=0) * (2.0 / (size * window.square().sum()))
    freqs = torch.linspace(0, sample_rate / 2, power.shape[0], device=audio.device)
    low, high = BAND_EDGES_HZ
    bands = torch.stack([freqs < low, (freqs >= low) & (freqs < high), freqs >= high])
    energy = bands.to(power) @ power
    total = torch.nn.functional.pad(energy.cumsum(dim=-1), (1, 0)).T
    ends = torch.cat([times[1:], 2 * times[-1:] - times[-2:-1]])
    start = (times * sample_rate / hop).round().long().clamp(0, len(total) - 2)
    stop = (ends * sample_rate / hop).round().long().clamp(max=len(total) - 1)
    stop = torch.maximum(stop, start + 1)
    mean = (total[stop] - total[start]) / (stop - start)[:, None].to(total)
    return (10 * torch.log10(mean.clamp(min=1e-30))).clamp(min=FLOOR_DB).float()
