"""A valid analyzer passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import torch

from djtrans.core.contracts.analyzer import AnalyzerDeclaration
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.testing import check_analyzer, rules


class Metronome:
    """Knows the tempo and hears nothing else."""

    bpm = 126.0

    def __init__(self, config=None):
        pass

    def refuse(self, audio, sample_rate):
        if not bool(torch.isfinite(audio).all()) or not bool(audio.any()):
            raise InputError("Nothing can be heard.")
        if audio.shape[-1] < 5 * sample_rate:
            raise InputError("Too short.")

    def analyze(self, audio, sample_rate, progress=None):
        self.refuse(audio, sample_rate)
        duration = audio.shape[-1] / sample_rate
        beats = np.arange(int(duration * self.bpm / 60) + 1) * 60 / self.bpm
        grid = BeatGrid(beats, 0, self.bpm)
        half = grid.bars // 2
        return Analysis(
            duration_seconds=duration,
            grid=grid,
            sections=(Section("intro", 0, half), Section("drop", half, grid.bars)),
            phrases=(Phrase(0, half), Phrase(half, grid.bars - half)),
            key=Key(9, "minor"),
            levels=Levels(-9.0, -8.0),
            bar_level_db=np.full(grid.bars, -12.0),
            bar_low_db=np.full(grid.bars, -18.0),
        )


METRONOME = AnalyzerDeclaration(name="metronome", summary="126 BPM.", factory=Metronome)


class Changed(Metronome):
    """Changes what was found."""

    def analyze(self, audio, sample_rate, progress=None):
        return self.change(super().analyze(audio, sample_rate, progress))


class Backwards(Changed):
    def change(self, found):
        return attrs.evolve(found, grid=BeatGrid(found.grid.beat_times[::-1], 0, 126.0))


class HalfTheTrack(Changed):
    def change(self, found):
        return attrs.evolve(found, grid=BeatGrid(found.grid.beat_times[:33], 0, 126.0))


class StartsLate(Changed):
    def change(self, found):
        return attrs.evolve(found, grid=BeatGrid(found.grid.beat_times[8:], 0, 126.0))


class TwoThirds(Metronome):
    bpm = 84.0


class Gap(Changed):
    def change(self, found):
        first, last = found.sections
        return attrs.evolve(found, sections=(first, attrs.evolve(last, start_bar=10)))


class Unfinished(Changed):
    def change(self, found):
        return attrs.evolve(found, phrases=found.phrases[:1])


class AcrossSections(Changed):
    def change(self, found):
        return attrs.evolve(found, phrases=(Phrase(0, found.grid.bars),))


class OneBarMore(Changed):
    def change(self, found):
        return attrs.evolve(found, bar_low_db=np.full(found.grid.bars + 1, -18.0))


class Bottomless(Changed):
    def change(self, found):
        return attrs.evolve(found, bar_level_db=np.full(found.grid.bars, -np.inf))


class MoreThanSure(Changed):
    def change(self, found):
        return attrs.evolve(found, bar_vocal=np.full(found.grid.bars, 1.5))


class Imagines(Metronome):
    def refuse(self, audio, sample_rate):
        pass


class Moody(Changed):
    def change(self, found):
        return attrs.evolve(found, key=Key(int(torch.randint(12, ())), "minor"))


class Writing(Metronome):
    def analyze(self, audio, sample_rate, progress=None):
        return super().analyze(audio.mul_(0.5), sample_rate, progress)


#: Rule, class, and what the message must say.
MUTANTS = [
    ("beats_increase_and_cover_the_track", Backwards, "must increase in time"),
    ("beats_increase_and_cover_the_track", HalfTheTrack, "the last is at 15.24 s"),
    ("beats_increase_and_cover_the_track", StartsLate, "the first is at 3.81 s"),
    ("the_tempo_of_a_plain_track_is_found", TwoThirds, "got 84.00 BPM"),
    ("sections_and_phrases_leave_no_gap", Gap, "have a gap or overlap"),
    ("sections_and_phrases_leave_no_gap", Unfinished, "the phrases reach from bar 0 to"),
    ("sections_and_phrases_leave_no_gap", AcrossSections, "begins inside a phrase"),
    ("every_bar_has_its_levels", OneBarMore, "low-band levels"),
    ("every_bar_has_its_levels", Bottomless, "one of the levels is not finite"),
    ("every_bar_has_its_levels", MoreThanSure, "a vocal activity is not in 0 to 1"),
    ("silence_is_an_error", Imagines, "no exception was raised"),
    ("broken_audio_is_an_error", Imagines, "no exception was raised"),
    ("analysis_repeats", Moody, "sections, phrases or key differ"),
    ("analysis_repeats", Writing, "the audio was modified"),
]


def test_a_sound_analyzer_keeps_every_rule():
    report = check_analyzer(METRONOME)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("analyzer")}


@pytest.mark.parametrize(
    ("rule", "mutant", "reason"), MUTANTS, ids=[f"{m[0]}-{m[1].__name__}" for m in MUTANTS]
)
def test_a_mutant_is_caught(rule, mutant, reason, caught):
    caught(rule, attrs.evolve(METRONOME, factory=mutant), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("analyzer")}
