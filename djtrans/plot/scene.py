"""All that the pictures show, worked out once from the content of a params file."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray

from djtrans.core.contracts.declaration import short_name
from djtrans.core.curves.band_gains import CENTRES_HZ
from djtrans.core.curves.interpolation import make_curves
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import ShapeError
from djtrans.core.track.feature_extraction import BAND_EDGES_HZ
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.summary import PEAK_STEPS, Overview, flat_overview
from djtrans.plot.panels import Panel, make_panels
from djtrans.report.ownership import Heard, audible_levels
from djtrans.report.text_summary import tempo_words

#: Points of a curve over the whole width.
POINTS = 1400

FloatArray = NDArray[np.float64]


@attrs.frozen(eq=False)
class Lane:
    """One track as it is drawn.

    Attributes
    ----------
    name : str
        The file's.
    facts : str
        Tempo, key and change of tempo.
    peaks, heard : ndarray
        ``[3, columns]``: low, mid, high before the mixer and in the mix, full scale 1; empty
        where there is no audio.
    phrases : tuple of float
        The track's own phrase lines, in bars of the window.
    sections : tuple of (str, float, float)
        Label, first and last bar.
    """

    name: str
    facts: str
    peaks: FloatArray
    heard: FloatArray
    phrases: tuple[float, ...]
    sections: tuple[tuple[str, float, float], ...]


@attrs.frozen(eq=False)
class Scene:
    """Everything on one axis of bars; 0 is the start of the window.

    Attributes
    ----------
    bars, around, swap_bar : float
        Length of the window, what is shown on either side of it, and where the exchange ends.
    beats_per_bar, first_beat : int
        Of the beat-wise data in `heard`.
    lanes : Pair of Lane
    heard : Heard
        Levels and owners, beat by beat.
    edges : ndarray
        ``[columns + 1]`` bars: the waveforms' columns.
    positions : ndarray
        ``[points]`` bars: where the curves were read.
    panels, still : tuple
        The curves that move, and in words those that do not.
    title, subtitle : str
    notes : tuple of str
        What a reader must know of how sure all this is.
    has_audio, vocals_sure : bool
    """

    bars: float
    around: float
    swap_bar: float
    beats_per_bar: int
    first_beat: int
    lanes: Pair[Lane]
    heard: Heard
    edges: FloatArray
    positions: FloatArray
    panels: tuple[Panel, ...]
    still: tuple[str, ...]
    title: str
    subtitle: str
    notes: tuple[str, ...]
    has_audio: bool
    vocals_sure: bool

    def bar_of_beat(self, index: int) -> float:
        """Bar at which an entry of the beat-wise data starts."""
        return (self.first_beat + index) / self.beats_per_bar


def make_scene(content: ParamsFile) -> Scene:
    """Work out what the pictures of a transition show.

    Parameters
    ----------
    content : ParamsFile
        Without an overview there are no waveforms, and who plays what is read from the curves.

    Raises
    ------
    ShapeError
        If the curves hold more than one transition.
    """
    params, plan = single(content.params), content.plan
    overview = content.overview or flat_overview(plan, params)
    measured = overview.measured_under(params)
    heard = audible_levels(overview, params)
    if measured:
        owners = list(heard.owners["bass"])
        owners[-overview.first_beat : len(overview.bass) - overview.first_beat] = overview.bass
        heard = attrs.evolve(heard, owners={**heard.owners, "bass": tuple(owners)})
    sure = overview.isolation == "good"
    notes = []
    if content.overview is None:
        notes.append("without audio: who plays what is read from the curves alone")
    elif not measured:
        notes.append("curves edited since the audio was measured: levels computed from them")
    if content.overview is not None and not sure:
        notes.append("vocals uncertain: the separator mixes stems")

    bars = float(plan.bars)
    around = float(np.clip(bars / 8.0, 1.0, 4.0))
    positions = np.linspace(-around, bars + around, POINTS + 1)
    panels, still = make_panels(params.layout, _evaluate(params, positions * plan.beats_per_bar))
    columns = overview.beats * overview.columns_per_bar // plan.beats_per_bar
    first_bar = overview.first_beat / plan.beats_per_bar
    clock = np.array([plan.clock_of_beat(beat) for beat in overview.grid_beats])
    bar_grid = overview.grid_beats / plan.beats_per_bar

    def bar(seconds: float) -> float:
        # Beyond the grid nothing is shown.
        return float(np.interp(seconds, clock, bar_grid, left=-1e6, right=1e6))

    lanes = []
    for track, side in plan.sides.items():
        peaks = np.array(overview.sides[track].peaks, dtype=np.float64) / PEAK_STEPS
        stretch = f"{round(side.stretch_percent, 1) + 0.0:+.1f} %".replace("-", "−")
        lanes.append(
            Lane(
                name=content.provenance.tracks[track].name,
                facts=f"{side.bpm:.1f} BPM {stretch}, {side.key}",
                peaks=peaks,
                heard=np.array(overview.sides[track].heard, dtype=np.float64) / PEAK_STEPS
                if measured
                else peaks * _waveform_gain(heard.band_gain[track], overview),
                phrases=tuple(bar(line) for line in side.phrase_lines),
                sections=tuple((s.label, bar(s.start), bar(s.stop)) for s in side.sections),
            )
        )
    return Scene(
        bars=bars,
        around=around,
        swap_bar=plan.swap_beat / plan.beats_per_bar,
        beats_per_bar=plan.beats_per_bar,
        first_beat=overview.first_beat,
        lanes=Pair(*lanes),
        heard=heard,
        edges=first_bar + np.arange(columns + 1) / overview.columns_per_bar,
        positions=positions,
        panels=panels,
        still=still,
        title=f"{lanes[0].name}  →  {lanes[1].name}",
        subtitle=_subtitle(content),
        notes=tuple(notes),
        has_audio=content.overview is not None,
        vocals_sure=sure,
    )


def single(params: TransitionParams) -> TransitionParams:
    """The one transition of a batch of one.

    Raises
    ------
    ShapeError
        If there are more.
    """
    values = params.values
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2:
        raise ShapeError(
            f"The curves have shape {tuple(params.values.shape)}; draw one transition of the batch "
            "at a time."
        )
    return attrs.evolve(params, values=values)


def _subtitle(content: ParamsFile) -> str:
    plan = content.plan
    on_line = " and ".join(plan.on_phrase)
    line = f"swap on a phrase line of {on_line}" if on_line else "swap off phrase"
    return (
        f"{short_name(plan.technique)}, {plan.bars} bars {tempo_words(plan)}, {line}, "
        f"keys {plan.a.key} to {plan.b.key}"
    )


def _evaluate(params: TransitionParams, beats: FloatArray) -> FloatArray:
    """The curves as the mixer reads them at positions in beats, ``[points, parameters]``."""
    clock = params.beat_times.detach().cpu().double().numpy()
    times = np.interp(beats, np.arange(len(clock)), clock)
    curves = make_curves(
        params.values.detach().cpu().double()[None],
        params.frame_times.detach().cpu().double(),
        [row.parameter for row in params.layout.rows],
    )
    return np.asarray(curves.at(torch.from_numpy(times))[0].T.numpy())


def _waveform_gain(band_gain: FloatArray, overview: Overview) -> FloatArray:
    """Gain of the waveform's three bands, ``[3, columns]``, from ``[beats, bands]``."""
    split = np.searchsorted(BAND_EDGES_HZ, CENTRES_HZ)
    bands = np.stack([band_gain[:, split == index].mean(axis=1) for index in range(3)])
    columns = len(overview.a.peaks[0])
    return np.asarray(bands[:, np.arange(columns) * overview.beats // columns])
