"""Rules for separators: shapes, stem order, reconstruction, determinism."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.track.separation import RESIDUAL_STEM, separate
from djtrans.testing.example_signals import example_audio, example_parts
from djtrans.testing.rule import BuildFunction, require, rule

#: Sample rate of the input of separators that accept any, in Hz.
RATE = 22050
#: Maximum error of the sum of stems and residual, relative to the peak of the input.
SUM_DB = -100.0
#: Parts that even a weak separator assigns to the right stem.
_PLAIN = ("drums", "bass")


def _rate(declaration: SeparatorDeclaration) -> int:
    return declaration.sample_rate or RATE


def _split(declaration: SeparatorDeclaration, build: BuildFunction, audio: Tensor) -> Tensor:
    return build().separate(audio, _rate(declaration))


@rule("separator")
def stems_are_as_long_as_the_input(declaration: SeparatorDeclaration, build: BuildFunction) -> None:
    """Stems are [stems, channels, samples] of finite floats, for mono and stereo of any length."""
    for channels in (1, 2):
        for seconds in (2.0, 1.2345):
            audio = example_audio(channels, _rate(declaration))
            audio = audio[:, : round(seconds * _rate(declaration))]
            stems = _split(declaration, build, audio)
            expected = (len(declaration.stems), *audio.shape)
            require(
                tuple(stems.shape) == expected, f"got {tuple(stems.shape)} instead of {expected}."
            )
            require(stems.is_floating_point(), f"they are {stems.dtype}.")
            require(bool(torch.isfinite(stems).all()), "not all samples are finite.")


@rule("separator", applies=lambda declaration: bool(set(_PLAIN) & set(declaration.stems)))
def stems_are_in_the_declared_order(
    declaration: SeparatorDeclaration, build: BuildFunction
) -> None:
    """Noise bursts go to the stem `drums`, a tone of 60 Hz to the stem `bass`."""
    audio = example_audio(2, _rate(declaration))
    parts = example_parts(2, _rate(declaration))
    stems = _split(declaration, build, audio).double()
    for name in sorted(set(_PLAIN) & set(declaration.stems)):
        true = parts[name].double()
        shares = (stems * true).sum(dim=(1, 2)) / true.square().sum()
        most = declaration.stems[int(shares.argmax())]
        require(most == name, f"most of the {name} is in the stem {most!r}.")


@rule("separator")
def stems_and_residual_sum_to_the_input(
    declaration: SeparatorDeclaration, build: BuildFunction
) -> None:
    """With the residual in 'other', the stems sum to the input within -100 dB."""
    require(RESIDUAL_STEM in declaration.stems, f"there is no stem {RESIDUAL_STEM!r}.")
    audio = example_audio(2, _rate(declaration))
    truth = audio.clone()
    stems = separate(build(), declaration, audio, _rate(declaration))
    off = float((stems.mix.double() - truth.double()).abs().max() / truth.abs().max())
    decibels = amplitude_to_db(off, amin=1e-12)
    require(decibels <= SUM_DB, f"they are off by {decibels:.0f} dB.")


@rule("separator")
def separation_repeats(declaration: SeparatorDeclaration, build: BuildFunction) -> None:
    """Two builds, and two calls, give the same stems under any global torch seed."""
    audio = example_audio(2, _rate(declaration))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        separator = build()
        first = separator.separate(audio, _rate(declaration))
        torch.manual_seed(2)
        second = separator.separate(audio, _rate(declaration))
        other = _split(declaration, build, audio)
    require(torch.equal(first, second), "the second call differs.")
    require(torch.equal(first, other), "another build differs.")


@rule("separator")
def audio_is_untouched(declaration: SeparatorDeclaration, build: BuildFunction) -> None:
    """The input audio is not modified."""
    audio = example_audio(2, _rate(declaration))
    before = audio.clone()
    stems = _split(declaration, build, audio)
    require(torch.equal(audio, before), "it changed.")
    stems.zero_()
    require(torch.equal(audio, before), "a stem is the audio itself; return a copy.")


@rule("separator")
def progress_only_rises(declaration: SeparatorDeclaration, build: BuildFunction) -> None:
    """Reported progress, if any, never decreases and lies in 0 to 1."""
    reported: list[float] = []
    audio = example_audio(2, _rate(declaration))
    build().separate(audio, _rate(declaration), start_seconds=0.0, progress=reported.append)
    require(all(0 <= done <= 1 for done in reported), f"it reported {reported}.")
    require(reported == sorted(reported), f"it reported {reported}.")
