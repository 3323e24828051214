"""Rules for separators."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.track.separation import RESIDUAL_STEM, separate
from djtrans.testing.example_audio import example_audio, example_parts
from djtrans.testing.rule import BuildFunction, require, rule

#: Rate at which a separator is fed that takes any, in Hz.
RATE = 22050
#: Stems and residual sum to the input within this, relative to its peak.
SUM_DB = -100.0
#: Parts that are easy enough to ask even of a weak separator where they went.
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
            wanted = (len(declaration.stems), *audio.shape)
            require(
                tuple(stems.shape) == wanted, f"got {tuple(stems.shape)} where {wanted} is asked."
            )
            require(stems.is_floating_point(), f"they are {stems.dtype}.")
            require(bool(torch.isfinite(stems).all()), "not all samples are finite.")


@rule("separator", applies=lambda declaration: bool(set(_PLAIN) & set(declaration.stems)))
def stems_are_in_the_declared_order(
    declaration: SeparatorDeclaration, build: BuildFunction
) -> None:
    """Bursts go to the stem called drums, a tone of 60 Hz to the one called bass."""
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
    """With the residual in 'other', stems sum to the input within -100 dB."""
    require(RESIDUAL_STEM in declaration.stems, f"there is no stem {RESIDUAL_STEM!r}.")
    audio = example_audio(2, _rate(declaration))
    truth = audio.clone()
    stems = separate(build(), declaration, audio, _rate(declaration))
    off = float((stems.mix.double() - truth.double()).abs().max() / truth.abs().max())
    decibels = amplitude_to_db(off, amin=1e-12)
    require(decibels <= SUM_DB, f"they are off by {decibels:.0f} dB.")


@rule("separator")
def separation_repeats(declaration: SeparatorDeclaration, build: BuildFunction) -> None:
    """Two builds give the same stems, whatever torch's own seed is, and so does a second call."""
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
    """The audio handed over is not written to."""
    audio = example_audio(2, _rate(declaration))
    before = audio.clone()
    stems = _split(declaration, build, audio)
    require(torch.equal(audio, before), "it changed.")
    stems.zero_()
    require(torch.equal(audio, before), "a stem is the audio itself; return a copy.")


@rule("separator")
def progress_only_rises(declaration: SeparatorDeclaration, build: BuildFunction) -> None:
    """If progress is told, it never falls and stays within 0 and 1."""
    told: list[float] = []
    audio = example_audio(2, _rate(declaration))
    build().separate(audio, _rate(declaration), start_seconds=0.0, progress=told.append)
    require(all(0 <= done <= 1 for done in told), f"it told {told}.")
    require(told == sorted(told), f"it told {told}.")
