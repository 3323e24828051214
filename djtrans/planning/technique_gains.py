"""Gains of both tracks through the curves of a technique, bar by bar."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.technique import CurveModel
from djtrans.core.curves.params import frame_times
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.stem_powers import StemPowers
from djtrans.core.transition.pair import Pair
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.power_prediction import predict_powers
from djtrans.planning.window import Window

#: Edges of the bands in Hz: bass, notes, and the rest.
EDGES_HZ = (20.0, 60.0, 150.0, 300.0, 1000.0, 4000.0, 12000.0)
#: Number of the bands that are below 150 Hz.
LOW_BANDS = 2
#: Part of a track's power that is due to each stem, below 150 Hz and above: the mean of the true
#: stems of 20 tracker modules, with a part of what is neither drums nor bass for vocals.
STEM_SHARES = {
    "drums": (0.40, 0.22),
    "bass": (0.58, 0.38),
    "vocals": (0.01, 0.10),
    "other": (0.01, 0.30),
}
#: Cells per beat on which the curves are evaluated.
CELLS_PER_BEAT = 4
FRAMES_PER_BEAT = 2
#: The gains hardly depend on the tempo; the length of echoes does.
BEAT_SECONDS = 0.5
SAMPLE_RATE = 44100


@attrs.frozen(eq=False)
class BarGains:
    """Power gains of one track in each bar of a window, ``[bars]`` each.

    Attributes
    ----------
    low, high : ndarray
        Of its sound below 150 Hz, and above.
    drums, notes, vocals : ndarray
        Of its drums, of its tonal stems and of its vocals, between 300 Hz and 4 kHz.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    drums: NDArray[np.float64]
    notes: NDArray[np.float64]
    vocals: NDArray[np.float64]


def assume_gains(name: str, window: Window, beats_per_bar: int) -> Pair[BarGains]:
    """Return gains for a technique whose curves are unknown.

    Basses are exchanged at the swap. What is above 150 Hz is faded while both tracks play: A's
    from the swap on, B's up to it.
    """
    bar = np.arange(window.bars) + 0.5
    before = (bar < window.swap).astype(float)
    if not window.overlap:
        return Pair(*(BarGains(*[gain] * 5) for gain in (before, 1.0 - before)))
    leaving = np.clip((window.bars - bar) / max(window.after, 1), 0.0, 1.0) ** 2
    entering = np.clip(bar / max(window.swap, 1), 0.0, 1.0) ** 2
    tonal = [x if window.harmonic else y for x, y in ((leaving, before), (entering, 1.0 - before))]
    return Pair(
        BarGains(before, leaving, leaving, tonal[0], tonal[0]),
        BarGains(1.0 - before, entering, entering, tonal[1], tonal[1]),
    )


def technique_gains(
    technique: CurveModel, mixer: Mixer, window: Window, beats_per_bar: int = 4, name: str = ""
) -> Pair[BarGains]:
    """Compute the gains of both tracks through the curves of a technique.

    Parameters
    ----------
    technique : CurveModel
    mixer : Mixer
        The mixer whose parameters it draws.
    window : Window
    beats_per_bar : int
    name : str
        Qualified name of the technique.

    Returns
    -------
    Pair of BarGains
        With the echoes and reverberation of both tracks, which are driven by all their bars alike.
    """
    beats = window.bars * beats_per_bar
    request = CurveRequest(
        layout=mixer.layout,
        n_frames=beats * FRAMES_PER_BEAT,
        swap_beat=window.swap * beats_per_bar,
        frames_per_beat=FRAMES_PER_BEAT,
        beats_per_bar=beats_per_bar,
        technique=name,
    )
    beat_times = BEAT_SECONDS * torch.arange(beats + 1, dtype=torch.float64)
    ctx = RenderContext(SAMPLE_RATE, beat_times, frame_times(beat_times, request.n_frames, 2))
    source = _unit_power(mixer.spec.stems, beats)
    with torch.no_grad():
        found = predict_powers(mixer, technique.generate(request)[None], ctx, Pair(source, source))
    return Pair("a", "b").map(
        lambda side: _bar_gains(found.gains[side][0], found.tracks[side][0], source, window.bars)
    )


def _bar_gains(gains: Tensor, power: Tensor, source: StemPowers, bars: int) -> BarGains:
    """Average the gains of stems ``[stems, cells, bands]``, and of a track, over each bar."""
    share = (power / source.mix_power).double().numpy()
    weight = source.mix_power[0, LOW_BANDS:].double().numpy()

    def middle(stem: str) -> NDArray[np.float64]:
        # A mixer without this stem: the mean of those that it has.
        index = [i for i, name in enumerate(source.stem_names) if name == stem]
        gain = (gains[index] if index else gains)[..., LOW_BANDS + 1 : LOW_BANDS + 3]
        return _bars(gain.square().double().numpy().mean(axis=(0, 2)), bars)

    return BarGains(
        low=_bars(share[:, :LOW_BANDS].mean(axis=1), bars),
        high=_bars(share[:, LOW_BANDS:] @ weight / weight.sum(), bars),
        drums=middle("drums"),
        notes=middle("other"),
        vocals=middle("vocals"),
    )


def _bars(cells: NDArray[np.float64], bars: int) -> NDArray[np.float64]:
    return np.asarray(cells.reshape(bars, -1).mean(axis=1))


def _unit_power(stems: tuple[str, ...], beats: int) -> StemPowers:
    """Return stems of constant power with the usual parts of a track of power 1."""
    cells = beats * CELLS_PER_BEAT
    bands = len(EDGES_HZ) - 1
    low, high = LOW_BANDS, bands - LOW_BANDS
    parts = [STEM_SHARES.get(stem, STEM_SHARES["other"]) for stem in stems]
    shares = torch.tensor([[*[part[0]] * low, *[part[1]] * high] for part in parts])
    power: Tensor = shares[:, None, :].expand(-1, cells, -1).contiguous()
    step = BEAT_SECONDS / CELLS_PER_BEAT
    return StemPowers(
        power=power,
        mix_power=power.sum(dim=0),
        chroma=torch.zeros(len(stems), beats, 3, 12),
        stem_names=stems,
        edges_hz=torch.tensor(EDGES_HZ, dtype=torch.float64),
        cell_times=step * torch.arange(cells + 1, dtype=torch.float64),
        cells_per_beat=CELLS_PER_BEAT,
    )
