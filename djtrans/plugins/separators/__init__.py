"""The separators that come with djtrans: declarations only, nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.separator import SeparatorDeclaration


@attrs.frozen
class FolderConfig:
    """Location of the ready stems."""

    path: str = setting("", "Folder with drums, bass, vocals and other as audio files.")
    sha256: str = setting("", "Hash of the files, as recorded; other files are refused if set.")


@attrs.frozen
class SpectralConfig:
    """Settings of the spectral separator."""

    kick_top_hz: float = setting(
        120.0, "Below it, what is no kick is bass.", unit="Hz", minimum=40.0, maximum=300.0
    )
    bass_top_hz: float = setting(
        150.0, "Where bass gives way to vocals and other.", unit="Hz", minimum=60.0, maximum=500.0
    )


#: What demucs was trained at, in Hz.
DEMUCS_SAMPLE_RATE = 44100


@attrs.frozen
class DemucsConfig:
    """Model and runtime settings of demucs."""

    model: str = setting(
        "htdemucs", "Name of the model.", choices=("htdemucs", "htdemucs_ft", "htdemucs_6s")
    )
    weights: str = setting(
        "", "A weights file, or a folder with those of the model; if empty, the hub's."
    )
    shifts: int = setting(
        0, "Further passes over the shifted audio, averaged.", unit="passes", minimum=0, maximum=10
    )
    overlap: float = setting(
        0.25,
        "Part of a segment that the next one also hears.",
        unit="fraction",
        minimum=0.0,
        maximum=0.9,
    )
    segment_seconds: float = setting(
        7.8,
        "Longest stretch heard at once; the network fails on more than 7.8 s.",
        unit="s",
        minimum=1.0,
        maximum=7.8,
    )
    batch_segments: int = setting(
        0,
        "Segments separated at once, each of which takes memory; 0: 4 on CUDA, else 1.",
        unit="segments",
        minimum=0,
        maximum=64,
    )
    device: str = setting("auto", "Where the network runs: auto, cpu, cuda, cuda:1 or mps.")


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
        summary="Repetition, medians, bands and stereo position; needs no weights, leaks.",
        factory="djtrans.plugins.separators.spectral:SpectralSeparator",
        config=SpectralConfig,
        isolation="weak",
        references=(
            "D. FitzGerald, Harmonic/percussive separation using median filtering, DAFx 2010.",
            "Z. Rafii, B. Pardo, Music/voice separation using the similarity matrix, ISMIR 2012.",
        ),
        version=2,
        thread_safe=True,
    )
    yield SeparatorDeclaration(
        name="demucs",
        summary="Hybrid Transformer Demucs, a trained network; downloads its weights once.",
        factory="djtrans.plugins.separators.demucs:DemucsSeparator",
        config=DemucsConfig,
        sample_rate=DEMUCS_SAMPLE_RATE,
        isolation="good",
        keep=True,
        references=(
            "S. Rouard et al., Hybrid Transformers for Music Source Separation, ICASSP 2023.",
        ),
    )
