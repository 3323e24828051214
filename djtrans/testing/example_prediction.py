"""Example prediction, the input of the rules for objectives."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.curves.layout import Layout
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stem_powers import CHROMA_EDGES_HZ, StemPowers
from djtrans.core.transition.predicted_mix import PredictedMix, PredictedTrack
from djtrans.testing.example_layout import example_layout

BEAT_SECONDS, CELLS_PER_BEAT, FRAMES_PER_BEAT = 0.5, 4, 2
#: Edges of the bands, and the bands' names in the default EQ.
EDGES_HZ = (30.0, 60.0, 100.0, 150.0, 300.0, 800.0, 2000.0, 4000.0, 8000.0, 16000.0)
_EQ_EDGES_HZ = {"low": (0.0, 300.0), "mid": (300.0, 4000.0), "high": (4000.0, 1e5)}


def example_values(batch: int = 2, beats: int = 16) -> Tensor:
    """Return linear crossfades of different lengths, ``[batch, frames, 54]``."""
    layout = example_layout()
    frames = beats * FRAMES_PER_BEAT
    values = torch.tensor(layout.neutral).expand(batch, frames, -1).clone()
    for index in range(batch):
        fade = (torch.linspace(0.0, 1.0 + 0.5 * index, frames)).clamp(max=1.0)
        values[index, :, layout.select("a/*/fader/gain")] = 1.0 - fade[:, None]
        values[index, :, layout.select("b/*/fader/gain")] = fade[:, None]
    return values


def example_prediction(
    values: Tensor | None = None,
    *,
    beats: int = 16,
    silent: str = "",
    isolated: bool = True,
) -> PredictedMix:
    """Predict the powers of two example tracks under faders and EQ.

    Parameters
    ----------
    values : Tensor, optional
        ``[batch, frames, 54]``; by default two linear crossfades.
    beats : int
        Length of the window.
    silent : {"", "a", "b", "ab"}
        Tracks that are silent.
    isolated : bool
        False for stems that cannot be heard alone.

    Returns
    -------
    PredictedMix
        Differentiable in the values.

    Examples
    --------
    >>> from djtrans.testing import example_prediction
    >>> example_prediction(beats=8).power.shape
    torch.Size([2, 32, 9])
    """
    if values is None:
        values = example_values(beats=beats)
    layout = example_layout()
    edges = torch.tensor(EDGES_HZ, dtype=torch.float64)
    hz = (edges[1:] * edges[:-1]).sqrt().to(values)
    tracks = [
        _track(values, layout, side, hz, edges, beats, 0.0 if side in silent else 1.0, isolated)
        for side in "ab"
    ]
    return PredictedMix(
        values=values,
        layout=layout,
        frames_per_beat=FRAMES_PER_BEAT,
        beats_per_bar=4,
        cells_per_beat=CELLS_PER_BEAT,
        a=tracks[0],
        b=tracks[1],
        power=tracks[0].power + tracks[1].power,
        cell_times=torch.arange(beats * CELLS_PER_BEAT + 1, dtype=torch.float64)
        * (BEAT_SECONDS / CELLS_PER_BEAT),
        band_hz=hz,
        loudness_weight=torch.ones_like(hz),
        bass_weight=((hz > 30.0) & (hz < 150.0)).to(hz),
        swap_beat=beats / 2,
    )


def _track(
    values: Tensor,
    layout: Layout,
    side: str,
    hz: Tensor,
    edges: Tensor,
    beats: int,
    level: float,
    isolated: bool,
) -> PredictedTrack:
    source = _source(side, edges, beats, level, isolated)
    every = CELLS_PER_BEAT // FRAMES_PER_BEAT
    gains = []
    for stem in STEMS:
        curves = {
            name: values[..., layout.index(f"{side}/{stem}/{node}/{name}")]
            for node, name in (("fader", "gain"), ("eq", "low"), ("eq", "mid"), ("eq", "high"))
        }
        bands = [
            curves[name][..., None] * ((hz >= low) & (hz < high)).to(hz)
            for name, (low, high) in _EQ_EDGES_HZ.items()
        ]
        gain = curves["gain"][..., None] * torch.stack(bands).sum(dim=0)
        gains.append(gain.repeat_interleave(every, dim=1))
    gain = torch.stack(gains, dim=1)
    power = (gain.square() * source.power.to(values)).sum(dim=1)
    phrases = (0.0, beats / 2, float(beats))
    return PredictedTrack(
        source=source, gains=gain, power=power, tail=torch.zeros_like(power), phrase_beats=phrases
    )


def _source(side: str, edges: Tensor, beats: int, level: float, isolated: bool) -> StemPowers:
    """Random powers: drums and bass are low, vocals and other are not."""
    generator = torch.Generator().manual_seed(1 + (side == "b"))
    cells, bands = beats * CELLS_PER_BEAT, len(edges) - 1
    noise = 0.5 + torch.rand(len(STEMS), cells, bands, generator=generator)
    is_low = torch.arange(bands) < 3
    shape = torch.stack([torch.where(is_low, 1.0, 0.2), torch.where(is_low, 1.0, 0.01)])
    shape = torch.cat([shape, torch.where(is_low, 0.001, 0.3).expand(2, -1)])
    power = 0.01 * level * noise * shape[:, None]
    chroma = level * torch.rand(
        len(STEMS), beats, len(CHROMA_EDGES_HZ) - 1, 12, generator=generator
    )
    return StemPowers(
        power=power,
        mix_power=power.sum(dim=0),
        chroma=chroma,
        stem_names=STEMS,
        edges_hz=edges,
        cell_times=torch.arange(cells + 1, dtype=torch.float64) * (BEAT_SECONDS / CELLS_PER_BEAT),
        cells_per_beat=CELLS_PER_BEAT,
        isolated=isolated,
    )
