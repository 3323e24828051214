"""Audio files of an export: 32-bit floating point WAV, which does not clip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from torch import Tensor

from djtrans.core.audio.io import write_audio
from djtrans.core.transition.export_inputs import ExportInputs

#: Subfolder of audio files in a project.
FOLDER = "audio"


def file_name(key: str) -> str:
    """Return the name of the file of a stem: ``a-drums.wav`` for ``a/drums``."""
    return f"{key.replace('/', '-')}.wav"


def write_stems(
    folder: Path, stems: Mapping[str, Tensor], sample_rate: int, subtype: str = "FLOAT"
) -> list[str]:
    """Write a WAV file for each stem, and return their names."""
    for key, audio in stems.items():
        write_audio(folder / file_name(key), audio, sample_rate, subtype)
    return [file_name(key) for key in stems]


def write_project_audio(folder: Path, inputs: ExportInputs) -> None:
    """Write the stems of a project into its subfolder, as heard and before the mixer."""
    for name, stems in project_stems(inputs):
        target = folder / FOLDER / name
        target.mkdir(parents=True)
        write_stems(target, stems, inputs.sample_rate)


def project_stems(inputs: ExportInputs) -> Iterator[tuple[str, Mapping[str, Tensor]]]:
    """Yield the stems as heard and those before the mixer, with the names of their folders."""
    yield "heard", inputs.audio.heard
    yield "source", inputs.audio.sources
