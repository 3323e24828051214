"""The pluggy hooks through which components register. All are argument-free.

A plugin is a module (or any object) with some of these functions, marked with :data:`hookimpl`::

    from djtrans.core.contracts.declarations import EffectDeclaration
    from djtrans.core.contracts.hookspecs import hookimpl

    @hookimpl
    def djtrans_effects():
        yield EffectDeclaration(name="flanger", ...)
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from djtrans.core.contracts.declarations import (
    AnalyzerDeclaration,
    DenoiserDeclaration,
    EffectDeclaration,
    EncoderDeclaration,
    MixerDeclaration,
    SchedulerDeclaration,
    SeparatorDeclaration,
    TechniqueDeclaration,
    TracklistDeclaration,
)

#: Entry-point group and pluggy project name.
PROJECT = "djtrans"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def djtrans_separators() -> Iterable[SeparatorDeclaration]:  # type: ignore[empty-body]
    """Stem separators: audio in, stems out."""


@hookspec
def djtrans_effects() -> Iterable[EffectDeclaration]:  # type: ignore[empty-body]
    """Differentiable effect nodes of the mixer."""


@hookspec
def djtrans_denoisers() -> Iterable[DenoiserDeclaration]:  # type: ignore[empty-body]
    """Networks that predict clean curves from noisy ones."""


@hookspec
def djtrans_schedulers() -> Iterable[SchedulerDeclaration]:  # type: ignore[empty-body]
    """Noise schedules and their solvers."""


@hookspec
def djtrans_encoders() -> Iterable[EncoderDeclaration]:  # type: ignore[empty-body]
    """Conditioning encoders."""


@hookspec
def djtrans_mixers() -> Iterable[MixerDeclaration]:  # type: ignore[empty-body]
    """Named mixer specs."""


@hookspec
def djtrans_analyzers() -> Iterable[AnalyzerDeclaration]:  # type: ignore[empty-body]
    """Track analyzers."""


@hookspec
def djtrans_techniques() -> Iterable[TechniqueDeclaration]:  # type: ignore[empty-body]
    """Rule-based experts that draw curves."""


@hookspec
def djtrans_tracklists() -> Iterable[TracklistDeclaration]:  # type: ignore[empty-body]
    """Sources of mix metadata."""
