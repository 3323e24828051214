"""The separators that come with djtrans: declarations only, nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.config import setting
from djtrans.core.declarations import SeparatorDeclaration
from djtrans.core.hookspecs import hookimpl


@attrs.frozen
class FolderConfig:
    """Where the ready stems are."""

    path: str = setting("", "Folder with drums, bass, vocals and other as audio files.")


@attrs.frozen
class SpectralConfig:
    """How the spectral separator cuts."""

    kick_top_hz: float = setting(
        120.0, "Below it, short is drums and long is bass.", unit="Hz", minimum=40.0, maximum=300.0
    )
    bass_top_hz: float = setting(
        150.0, "Where bass gives way to vocals and other.", unit="Hz", minimum=60.0, maximum=500.0
    )


@hookimpl
def djtrans_separators() -> Iterable[SeparatorDeclaration]:
    """Declare the built-in separators."""
    yield SeparatorDeclaration(
        name="folder",
        summary="Ready stems, read from a folder.",
        factory="djtrans.plugins.separators.folder:FolderSeparator",
        config=FolderConfig,
        isolation="good",
        reads_source=True,
    )
    yield SeparatorDeclaration(
        name="spectral",
        summary="Median filtering, bands and stereo position; needs no weights, leaks a lot.",
        factory="djtrans.plugins.separators.spectral:SpectralSeparator",
        config=SpectralConfig,
        isolation="weak",
        references=(
            "D. FitzGerald, Harmonic/percussive separation using median filtering, DAFx 2010.",
        ),
    )
