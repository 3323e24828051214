"""Compute the data of the plots from the content of a params file."""

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
from djtrans.plot.panels import Panel, by_stem, make_panels
from djtrans.report.ownership import AudibleLevels, audible_levels
from djtrans.report.text_summary import tempo_words

#: Points of a curve over the whole width.
POINTS = 1400

FloatArray = NDArray[np.float64]


@attrs.frozen(eq=False)
class Lane:
    """Plot data of one track.

    Attributes
    ----------
    name : str
        File name.
    facts : str
        Tempo, key and change of tempo.
    peaks, mixed : ndarray
        ``[3, columns]``: peaks of low, mid and high before the mixer and in the mix, full scale 1;
        empty without audio.
    phrases : tuple of float
        The track's own phrase boundaries, in bars of the window.
    sections : tuple of (str, float, float)
        Label, first and last bar.
    """

    name: str
    facts: str
    peaks: FloatArray
    mixed: FloatArray
    phrases: tuple[float, ...]
    sections: tuple[tuple[str, float, float], ...]


@attrs.frozen(eq=False)
class Scene:
    """Plot data of a transition on an axis of bars; 0 is the start of the window.

    Attributes
    ----------
    bars, around, swap_bar : float
        Length of the window, the context shown on either side of it, and the position of the swap.
    beats_per_bar, first_beat : int
        Grid of `levels`.
    lanes : Pair of Lane
    levels : AudibleLevels
        Levels and ownership per beat.
    edges : ndarray
        ``[columns + 1]`` bars: edges of the waveforms' columns.
    positions : ndarray
        ``[points]`` bars: positions at which the curves were evaluated.
    whole_panels, still : tuple
        The curves that move, before faders are split by stem, and descriptions of those that do
        not.
    title : tuple of str
        Names of both tracks.
    subtitle : str
    notes : tuple of str
        Remarks on the certainty of the data.
    has_audio, vocals_sure : bool
        False without measured audio, and if the isolation of the stems is not good.
    """

    bars: float
    around: float
    swap_bar: float
    beats_per_bar: int
    first_beat: int
    lanes: Pair[Lane]
    levels: AudibleLevels
    edges: FloatArray
    positions: FloatArray
    whole_panels: tuple[Panel, ...]
    still: tuple[str, ...]
    title: tuple[str, str]
    subtitle: str
    notes: tuple[str, ...]
    has_audio: bool
    vocals_sure: bool

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The curves that move; faders of stems that differ have a panel each."""
        return tuple(panel for whole in self.whole_panels for (panel,) in by_stem((whole,)))

    def bar_of_beat(self, index: int) -> float:
        """Return the bar at which an entry of `levels` starts."""
        return (self.first_beat + index) / self.beats_per_bar


def make_scene(content: ParamsFile) -> Scene:
    """Compute the plot data of a transition.

    Parameters
    ----------
    content : ParamsFile
        Without an overview there are no waveforms, and the ownership follows from the curves.

    Raises
    ------
    ShapeError
        If the curves hold more than one transition.
    """
    params, plan = single(content.params), content.plan
    overview = content.overview or flat_overview(plan, params)
    measured = overview.measured_under(params)
    levels = audible_levels(overview, params)
    if measured:
        owners = list(levels.owners["bass"])
        owners[-overview.first_beat : len(overview.bass) - overview.first_beat] = overview.bass
        levels = attrs.evolve(levels, owners={**levels.owners, "bass": tuple(owners)})
    sure = overview.isolation == "good"
    notes = []
    if content.overview is None:
        notes.append("without audio: ownership is computed from the curves alone")
    elif not measured:
        notes.append("curves edited since the audio was measured: levels are computed from them")
    if content.overview is not None and not sure:
        notes.append("vocals uncertain: the isolation of the stems is weak")

    bars = float(plan.bars)
    around = float(np.clip(bars / 8.0, 1.0, 4.0))
    positions = np.linspace(-around, bars + around, POINTS + 1)
    whole, still = make_panels(
        params.layout, evaluate_curves(params, positions * plan.beats_per_bar)
    )
    columns = overview.beats * overview.columns_per_bar // plan.beats_per_bar
    first_bar = overview.first_beat / plan.beats_per_bar
    clock = np.array([plan.clock_of_beat(beat) for beat in overview.grid_beats])
    bar_grid = overview.grid_beats / plan.beats_per_bar

    def bar(seconds: float) -> float:
        # Positions beyond the grid lie outside the plot.
        return float(np.interp(seconds, clock, bar_grid, left=-1e6, right=1e6))

    lanes = []
    for track, side in plan.sides.items():
        peaks = np.array(overview.sides[track].peaks, dtype=np.float64) / PEAK_STEPS
        stretch = f"{round(side.stretch_percent, 1) + 0.0:+.1f} %".replace("-", "−")
        lanes.append(
            Lane(
                name=content.provenance.tracks[track].label,
                facts=f"{side.bpm:.1f} BPM {stretch}, {side.key}",
                peaks=peaks,
                mixed=np.array(overview.sides[track].heard, dtype=np.float64) / PEAK_STEPS
                if measured
                else peaks * _waveform_gain(levels.band_gain[track], overview),
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
        levels=levels,
        edges=first_bar + np.arange(columns + 1) / overview.columns_per_bar,
        positions=positions,
        whole_panels=whole,
        still=still,
        title=(lanes[0].name, lanes[1].name),
        subtitle=_subtitle(content),
        notes=tuple(notes),
        has_audio=content.overview is not None,
        vocals_sure=sure,
    )


def single(params: TransitionParams) -> TransitionParams:
    """Remove the batch dimension of a single transition.

    Raises
    ------
    ShapeError
        If the batch holds more than one.
    """
    values = params.values
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2:
        raise ShapeError(
            f"The curves have shape {tuple(params.values.shape)}; plot one transition of the batch "
            "at a time."
        )
    return attrs.evolve(params, values=values)


def _subtitle(content: ParamsFile) -> str:
    plan = content.plan
    tracks = " and ".join(plan.on_phrase)
    swap = f"swap on a phrase boundary of {tracks}" if tracks else "swap off phrase"
    return (
        f"{short_name(plan.technique)}, {plan.bars} bars {tempo_words(plan)}, {swap}, "
        f"keys {plan.a.key} to {plan.b.key}"
    )


def evaluate_curves(params: TransitionParams, beats: FloatArray) -> FloatArray:
    """Interpolate the curves as the mixer does, at positions in beats: ``[points, parameters]``."""
    clock = params.beat_times.detach().cpu().double().numpy()
    times = np.interp(beats, np.arange(len(clock)), clock)
    curves = make_curves(
        params.values.detach().cpu().double()[None],
        params.frame_times.detach().cpu().double(),
        [row.parameter for row in params.layout.rows],
    )
    return np.asarray(curves.at(torch.from_numpy(times))[0].T.numpy())


def _waveform_gain(band_gain: FloatArray, overview: Overview) -> FloatArray:
    """Compute the gain of the waveform's three bands, ``[3, columns]``, from ``[beats, bands]``."""
    split = np.searchsorted(BAND_EDGES_HZ, CENTRES_HZ)
    bands = np.stack([band_gain[:, split == index].mean(axis=1) for index in range(3)])
    columns = len(overview.a.peaks[0])
    return np.asarray(bands[:, np.arange(columns) * overview.beats // columns])
