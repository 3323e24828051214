"""Measure the power of a planned pair of tracks, to predict their mix."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.transition.alignment import AlignedTrack, Span, window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.mixer.mixer import Mixer
from djtrans.objectives import (
    PowerModel,
    measure_cross_power,
    measure_power,
    measure_stem_powers,
)


def power_model(
    mixer: Mixer,
    plan: TransitionPlan,
    tracks: Pair[AlignedTrack],
    isolated: Pair[bool],
    span: Span | None = None,
) -> PowerModel:
    """Measure two tracks within and around the window of a plan, to predict their mix.

    Parameters
    ----------
    mixer : Mixer
    plan : TransitionPlan
    tracks : Pair of AlignedTrack
        Both tracks on the timeline of the plan.
    isolated : Pair of bool
        True if the stems have good isolation.
    span : Span, optional
        Part of the timeline to be rendered; the window if not given.

    Returns
    -------
    PowerModel
    """
    rate = tracks.a.stems.sample_rate
    window = window_span(plan, rate)
    stems = tracks.map(lambda track: track.window(window))
    beat_times = torch.tensor(plan.beat_times, dtype=torch.float64)
    sources = Pair("a", "b").map(
        lambda side: measure_stem_powers(stems[side], beat_times, isolated=isolated[side])
    )
    if span is not None:
        cell = plan.window_seconds / sources.a.n_cells
        before, after = Span(span.start, window.start), Span(window.stop, span.stop)
        sources = Pair("a", "b").map(
            lambda side: attrs.evolve(
                sources[side],
                before=_around(tracks[side], before, cell, at_end=True),
                after=_around(tracks[side], after, cell),
            )
        )
    return PowerModel(
        mixer=mixer,
        sources=sources,
        cross_power=measure_cross_power(stems.a, stems.b, sources.a),
        beat_times=beat_times,
        swap_beat=plan.swap_beat,
        sample_rate=rate,
        phrase_beats=Pair(plan.phrase_beats(plan.a), plan.phrase_beats(plan.b)),
        frames_per_beat=plan.frames_per_beat,
        beats_per_bar=plan.beats_per_bar,
    )


def _around(track: AlignedTrack, span: Span, cell_seconds: float, at_end: bool = False) -> Tensor:
    """Measure a track over the whole cells of a span next to the window, ``[cells, bands]``."""
    rate = track.stems.sample_rate
    cells = max(0, int(span.samples / (cell_seconds * rate)))
    first = span.samples / rate - cells * cell_seconds if at_end else 0.0
    times = first + cell_seconds * torch.arange(cells + 1, dtype=torch.float64)
    audio = track.solo(span) if cells else torch.zeros(1, round(rate * cell_seconds) + 1)
    return measure_power(audio.detach().cpu().float(), rate, times)
