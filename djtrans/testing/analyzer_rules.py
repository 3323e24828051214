"""Rules for analyzers: beats, tempo, sections, levels, invalid audio."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from djtrans.core.contracts.analyzer import AnalyzerDeclaration
from djtrans.core.errors import DjtransError
from djtrans.core.track.analysis import Analysis
from djtrans.testing.example_track import TRACK_BPM, TRACK_RATE, example_track
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Maximum distance of the first and last beat from the ends of the track, in beats.
_SLACK_BEATS = 1.1
#: Tolerance of the tempo, in percent.
_TEMPO_PERCENT = 0.5


def _analyze(build: BuildFunction) -> Analysis:
    return build().analyze(example_track(), TRACK_RATE)


@rule("analyzer")
def beats_increase_and_cover_the_track(
    declaration: AnalyzerDeclaration, build: BuildFunction
) -> None:
    """Beats are finite, increase, and run from the track's start to its end."""
    beats = np.asarray(_analyze(build).grid.beat_times)
    require(bool(np.isfinite(beats).all()), "one is not finite.")
    require(bool((np.diff(beats) > 0).all()), "they do not always increase.")
    period, duration = float(np.median(np.diff(beats))), example_track().shape[1] / TRACK_RATE
    require(beats[0] <= _SLACK_BEATS * period, f"the first is at {beats[0]:.2f} s.")
    last = float(beats[-1])
    require(
        duration - _SLACK_BEATS * period <= last <= duration + _SLACK_BEATS * period,
        f"the last is at {last:.2f} s of {duration:.2f} s.",
    )


@rule("analyzer")
def the_tempo_of_a_plain_track_is_found(
    declaration: AnalyzerDeclaration, build: BuildFunction
) -> None:
    """A kick on every beat at 126 BPM gives 126 BPM, or half or twice of it, within 0.5 %."""
    bpm = _analyze(build).grid.bpm
    off = min(abs(bpm * octave / TRACK_BPM - 1) for octave in (0.5, 1, 2))
    require(100 * off <= _TEMPO_PERCENT, f"got {bpm:.2f} BPM.")


@rule("analyzer")
def sections_and_phrases_leave_no_gap(
    declaration: AnalyzerDeclaration, build: BuildFunction
) -> None:
    """Sections, and phrases, cover all bars in order; each section begins with a phrase."""
    found = _analyze(build)
    sections = [(s.start_bar, s.end_bar) for s in found.sections]
    phrases = [(p.start_bar, p.start_bar + p.bars) for p in found.phrases]
    for name, spans in (("sections", sections), ("phrases", phrases)):
        require(bool(spans), f"there are no {name}.")
        require(all(start < end for start, end in spans), f"one of the {name} is empty.")
        contiguous = all(before[1] == after[0] for before, after in pairwise(spans))
        require(contiguous, f"the {name} {spans} have a gap or overlap.")
        whole = (spans[0][0], spans[-1][1])
        require(
            whole == (0, found.grid.bars), f"the {name} reach from bar {whole[0]} to {whole[1]}."
        )
    starts = {start for start, _ in phrases}
    require({start for start, _ in sections} <= starts, "a section begins inside a phrase.")


@rule("analyzer")
def every_bar_has_its_levels(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Each whole bar has a level, a level of the lows, and a vocal activity from 0 to 1."""
    found = _analyze(build)
    series = {
        "levels": found.bar_level_db,
        "low-band levels": found.bar_low_db,
        "vocal activities": found.bar_vocal,
    }
    for name, values in series.items():
        require(len(values) == found.grid.bars, f"{len(values)} {name}, {found.grid.bars} bars.")
        require(bool(np.isfinite(values).all()), f"one of the {name} is not finite.")
    vocal = found.bar_vocal
    require(bool(((vocal >= 0) & (vocal <= 1)).all()), "a vocal activity is not in 0 to 1.")


@rule("analyzer")
def silence_is_an_error(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Silence raises an exception of djtrans."""
    _require_error(build, torch.zeros(2, 20 * TRACK_RATE))


@rule("analyzer")
def broken_audio_is_an_error(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Audio that is not finite, or half a second long, raises an exception of djtrans."""
    broken = example_track()
    broken[:, 1000] = float("nan")
    _require_error(build, broken)
    _require_error(build, example_track()[:, : TRACK_RATE // 2])


@rule("analyzer")
def analysis_repeats(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Two builds give the same analysis under any global torch seed and do not modify the audio."""
    audio = example_track()
    with torch.random.fork_rng():
        found = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            found.append(build().analyze(audio, TRACK_RATE))
    require(torch.equal(audio, example_track()), "the audio was modified.")
    first, second = found
    require(np.array_equal(first.grid.beat_times, second.grid.beat_times), "the beats differ.")
    same = (first.sections, first.phrases, first.key) == (
        second.sections,
        second.phrases,
        second.key,
    )
    require(same, "sections, phrases or key differ.")


def _require_error(build: BuildFunction, audio: Tensor) -> None:
    try:
        build().analyze(audio, TRACK_RATE)
    except DjtransError:
        return
    raise CheckFailed("no exception was raised.")
