"""Content of the timeline of a listening report: waveforms, ownership and curves by bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.band_peaks import band_peaks
from djtrans.core.curves.band_gains import is_level
from djtrans.core.curves.parameter import Parameter
from djtrans.core.transition.alignment import Span
from djtrans.core.transition.plan import TransitionPlan
from djtrans.plot.panels import Panel, make_panels
from djtrans.plot.scales import read, scale_of
from djtrans.plot.scene import evaluate_curves, make_scene

if TYPE_CHECKING:
    from djtrans.pipeline.transition import Transition

#: Columns of the waveforms and points of the curves, per bar; a step of 20 ms is at least one.
COLUMNS_PER_BAR, POINTS_PER_BAR = 48, 64

FloatArray = NDArray[np.float64]


@attrs.frozen(eq=False)
class BarAxis:
    """Bars of the window and seconds of the audio that a page shows.

    Attributes
    ----------
    plan : TransitionPlan
    start : float
        Clock seconds of the first sample.
    seconds : float
        Length of the audio.
    first, last : float
        Bars, 0 at the start of the window.
    """

    plan: TransitionPlan
    start: float
    seconds: float
    first: float
    last: float

    def positions(self, per_bar: int) -> FloatArray:
        """Return equally spaced bars, ends included."""
        return np.linspace(self.first, self.last, round((self.last - self.first) * per_bar) + 1)

    def audio_seconds(self, bars: FloatArray) -> FloatArray:
        """Convert bars to seconds of the audio."""
        beats = bars * self.plan.beats_per_bar
        return np.array([self.plan.clock_of_beat(float(beat)) for beat in beats]) - self.start


def bar_axis(plan: TransitionPlan, span: Span, sample_rate: int) -> BarAxis:
    """Return the axis of a part of the timeline."""
    first, last = (
        plan.beat_of_clock(sample / sample_rate) / plan.beats_per_bar
        for sample in (span.start, span.stop)
    )
    return BarAxis(plan, span.start / sample_rate, span.samples / sample_rate, first, last)


def timeline_content(transition: Transition, axis: BarAxis) -> dict[str, Any]:
    """Return the lanes of a transition as plain JSON values.

    Parameters
    ----------
    transition : Transition
    axis : BarAxis
        Its part of the timeline that the page shows.
    """
    plan, scene = transition.plan, make_scene(transition.content())
    x = axis.positions(POINTS_PER_BAR)
    curves = evaluate_curves(transition.params, x * plan.beats_per_bar)
    panels, still = make_panels(transition.params.layout, curves)
    beats = np.arange(
        np.ceil(axis.first * plan.beats_per_bar), np.floor(axis.last * plan.beats_per_bar) + 1
    )
    knots = np.unique([axis.first, *(beats / plan.beats_per_bar), axis.last])
    return {
        "subtitle": scene.subtitle,
        "bars": plan.bars,
        "beats_per_bar": plan.beats_per_bar,
        "swap_bar": scene.swap_bar,
        "first": axis.first,
        "last": axis.last,
        "seconds": axis.seconds,
        "clock": {"bars": _rounded(knots, 6), "seconds": _rounded(axis.audio_seconds(knots), 6)},
        "lanes": {track: _lane(transition, axis, scene, track) for track in ("a", "b")},
        "owners": {
            "first_beat": scene.first_beat,
            "roles": {role: list(owners) for role, owners in scene.levels.owners.items()},
        },
        "x": _rounded(x, 4),
        "panels": [_panel(panel) for panel in panels],
        "still": list(still),
        "notes": list(scene.notes),
    }


def _lane(transition: Transition, axis: BarAxis, scene: Any, track: str) -> dict[str, Any]:
    """Return waveform, sections, phrase boundaries and vocals of a track."""
    lane, rendered = scene.lanes[track], transition.rendered
    rate = transition.sample_rate
    edges = axis.audio_seconds(axis.positions(COLUMNS_PER_BAR)) + axis.start
    edges -= rendered.span.start / rate
    vocals = scene.levels.held.get(("vocals", track))

    def peaks(audio: Any) -> list[list[int]]:
        return np.rint(band_peaks(audio, rate, edges) * 1000).astype(int).tolist()

    return {
        "label": lane.name,
        "facts": lane.facts,
        "before": peaks(getattr(rendered, f"solo_{track}")),
        "mixed": peaks(getattr(rendered, track)),
        "phrases": [bar for bar in lane.phrases if axis.first <= bar <= axis.last],
        "sections": [
            [label, max(start, axis.first), min(stop, axis.last)]
            for label, start, stop in lane.sections
            if stop > axis.first and start < axis.last
        ],
        "vocals": [] if vocals is None else vocals.in_mix.tolist(),
        "vocals_before": [] if vocals is None else vocals.before_mixer.tolist(),
        "vocals_sure": scene.vocals_sure,
    }


def _panel(panel: Panel) -> dict[str, Any]:
    """Return the curves of a parameter in the unit of its axis."""
    scale, parameter = scale_of(panel.parameter), panel.parameter
    return {
        "title": panel.title,
        "group": panel.group,
        "kind": reading_kind(parameter),
        "unit": scale.unit,
        "logarithmic": scale.logarithmic,
        "limits": list(scale.limits),
        "ticks": [list(tick) for tick in scale.ticks],
        "lines": [
            {
                "track": line.track,
                "label": line.label,
                "values": _rounded(read(parameter, line.values), 3),
            }
            for line in panel.lines
        ],
    }


def reading_kind(parameter: Parameter) -> str:
    """Return how the page formats a value on the axis of a parameter, as the texts do."""
    if parameter.curve == "gain":
        return "level" if is_level(parameter) else "send"
    if parameter.curve == "frequency":
        return "frequency"
    whole = (parameter.minimum, parameter.maximum) == (0.0, 1.0)
    return "fraction" if whole else "number"


def _rounded(values: FloatArray, digits: int) -> list[float]:
    return np.round(np.asarray(values, dtype=np.float64), digits).tolist()
