"""Rules for analyzers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from djtrans.core.contracts.analyzer import AnalyzerDeclaration
from djtrans.core.errors import DjtransError
from djtrans.core.track.analysis import Analysis
from djtrans.testing.example_track import TRACK_BPM, TRACK_RATE, example_track
from djtrans.testing.rule import BuildFunction, RuleBroken, require, rule

#: A beat may lie this far (in beats) inside the track's ends and still be its first or last.
_SLACK_BEATS = 1.1
#: How far off the tempo of the plain example may be, in percent.
_TEMPO_PERCENT = 0.5


def _analyze(build: BuildFunction) -> Analysis:
    return build().analyze(example_track(), TRACK_RATE)


@rule("analyzer")
def beats_increase_and_cover_the_track(
    declaration: AnalyzerDeclaration, build: BuildFunction
) -> None:
    """Beats are finite, increase, and run from the track's start to its end."""
    beats = np.asarray(_analyze(build).grid.beat_times)
    require(bool(np.isfinite(beats).all()), "one is not a number.")
    require(bool((np.diff(beats) > 0).all()), "they do not increase throughout.")
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
    """A kick on every beat at 126 BPM is heard as 126 BPM, or an octave of it, within 0.5 %."""
    bpm = _analyze(build).grid.bpm
    off = min(abs(bpm * octave / TRACK_BPM - 1) for octave in (0.5, 1, 2))
    require(100 * off <= _TEMPO_PERCENT, f"it says {bpm:.2f} BPM.")


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
        joined = all(before[1] == after[0] for before, after in pairwise(spans))
        require(joined, f"the {name} {spans} have a gap or overlap.")
        whole = (spans[0][0], spans[-1][1])
        require(
            whole == (0, found.grid.bars), f"the {name} reach from bar {whole[0]} to {whole[1]}."
        )
    starts = {start for start, _ in phrases}
    require({start for start, _ in sections} <= starts, "a section begins amid a phrase.")


@rule("analyzer")
def every_bar_has_its_levels(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Each whole bar has a level, a low level and a likelihood of vocals, which is 0 to 1."""
    found = _analyze(build)
    series = {
        "levels": found.bar_level_db,
        "low levels": found.bar_low_db,
        "vocal likelihoods": found.bar_vocal,
    }
    for name, values in series.items():
        require(len(values) == found.grid.bars, f"{len(values)} {name}, {found.grid.bars} bars.")
        require(bool(np.isfinite(values).all()), f"one of the {name} is not a number.")
    vocal = found.bar_vocal
    require(bool(((vocal >= 0) & (vocal <= 1)).all()), "a likelihood of vocals is not in 0 to 1.")


@rule("analyzer")
def silence_is_an_error(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Silence is refused with an error of djtrans, not analyzed."""
    _must_refuse(build, torch.zeros(2, 20 * TRACK_RATE))


@rule("analyzer")
def broken_audio_is_an_error(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Audio that is not finite, or half a second long, is refused with an error of djtrans."""
    broken = example_track()
    broken[:, 1000] = float("nan")
    _must_refuse(build, broken)
    _must_refuse(build, example_track()[:, : TRACK_RATE // 2])


@rule("analyzer")
def analysis_repeats(declaration: AnalyzerDeclaration, build: BuildFunction) -> None:
    """Two builds find the same, whatever torch's own seed is, and leave the audio as it was."""
    audio = example_track()
    with torch.random.fork_rng():
        found = []
        for own in (1, 2):
            torch.manual_seed(own)
            found.append(build().analyze(audio, TRACK_RATE))
    require(torch.equal(audio, example_track()), "the audio was written to.")
    first, second = found
    require(np.array_equal(first.grid.beat_times, second.grid.beat_times), "the beats differ.")
    same = (first.sections, first.phrases, first.key) == (
        second.sections,
        second.phrases,
        second.key,
    )
    require(same, "sections, phrases or key differ.")


def _must_refuse(build: BuildFunction, audio: Tensor) -> None:
    try:
        build().analyze(audio, TRACK_RATE)
    except DjtransError:
        return
    raise RuleBroken("it was analyzed.")
