"""A valid separator passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.testing import check_separator, rules


class Smooth:
    """Two stems: what a running mean of 3 ms keeps is the bass, the rest is other."""

    def __init__(self, config=None):
        pass

    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        size = sample_rate // 300 | 1
        low = torch.nn.functional.avg_pool1d(audio, size, stride=1, padding=size // 2)
        if progress:
            progress(1.0)
        return torch.stack([low, audio - low])


SMOOTH = SeparatorDeclaration(
    name="smooth", summary="Running mean.", factory=Smooth, stems=("bass", "other")
)


class Shortened(Smooth):
    def separate(self, audio, sample_rate, **options):
        return super().separate(audio, sample_rate, **options)[..., :-1]


class MonoOnly(Smooth):
    def separate(self, audio, sample_rate, **options):
        return super().separate(audio[:1], sample_rate, **options)


class Swapped(Smooth):
    def separate(self, audio, sample_rate, **options):
        return super().separate(audio, sample_rate, **options).flip(0)


class Huge(Smooth):
    def separate(self, audio, sample_rate, **options):
        return super().separate(audio, sample_rate, **options) * 1e6


class Dice(Smooth):
    def separate(self, audio, sample_rate, **options):
        stems = super().separate(audio, sample_rate, **options)
        return stems + 1e-3 * torch.randn(())


class Remembers(Smooth):
    calls = 0

    def separate(self, audio, sample_rate, **options):
        self.calls += 1
        return super().separate(audio, sample_rate, **options) / self.calls


class Writing(Smooth):
    def separate(self, audio, sample_rate, **options):
        return super().separate(audio.mul_(0.5), sample_rate, **options)


class GivesTheInput(Smooth):
    def separate(self, audio, sample_rate, **options):
        return audio[None]


class FallsBack(Smooth):
    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        if progress:
            progress(0.9)
            progress(0.2)
        return super().separate(audio, sample_rate)


#: Rule, class, and what the message must say.
MUTANTS = [
    ("stems_are_as_long_as_the_input", Shortened, "got (2, 1, 44099)"),
    ("stems_are_as_long_as_the_input", MonoOnly, "got (2, 1, 44100) instead of (2, 2, 44100)"),
    ("stems_are_in_the_declared_order", Swapped, "most of the bass is in the stem 'other'"),
    ("stems_and_residual_sum_to_the_input", Huge, "they are off by -"),
    ("stems_and_residual_sum_to_the_input", Writing, "they are off by -6 dB"),
    ("separation_repeats", Dice, "the second call differs"),
    ("separation_repeats", Remembers, "the second call differs"),
    ("audio_is_untouched", Writing, "it changed"),
    ("audio_is_untouched", GivesTheInput, "a stem is the audio itself"),
    ("progress_only_rises", FallsBack, "it reported [0.9, 0.2]"),
]


def test_a_sound_separator_keeps_every_rule():
    report = check_separator(SMOOTH)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("separator")}


@pytest.mark.parametrize(
    ("rule", "mutant", "reason"), MUTANTS, ids=[f"{m[0]}-{m[1].__name__}" for m in MUTANTS]
)
def test_a_mutant_is_caught(rule, mutant, reason, caught):
    caught(rule, attrs.evolve(SMOOTH, factory=mutant), reason)


def test_a_separator_without_other_is_caught(caught):
    stems = attrs.evolve(SMOOTH, stems=("bass", "rest"))
    caught("stems_and_residual_sum_to_the_input", stems, "there is no stem 'other'")


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("separator")}
