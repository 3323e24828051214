"""Folders of stems: one audio file each, named after the stem."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from djtrans.core.audio.io import WRITABLE, audio_seconds, load_audio, write_audio
from djtrans.core.errors import AudioFileError, SeparationError, ShapeError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems

#: Encoders pad; files that differ by less are of one length.
LENGTH_TOLERANCE_SECONDS = 0.05


def load_stems(
    folder: str | os.PathLike[str],
    names: Sequence[str] = STEMS,
    sample_rate: int | None = None,
) -> Stems:
    """Read the stems of a folder, such as ``drums.wav`` … ``other.wav``.

    Parameters
    ----------
    folder : path
    names : sequence of str
        The stems to read, each from ``<name>.wav``, ``.flac``, ``.ogg``, ``.mp3`` or ``.aiff``.
    sample_rate : int, optional
        Rate of the result in Hz; the first stem's if left out.

    Returns
    -------
    Stems
        ``[stems, channels, samples]``; stereo if any of them is.

    Raises
    ------
    SeparationError
        If a file is missing or there are two for one stem, or their lengths differ by more than
        50 ms (less is filled with silence).
    AudioFileError
        If one cannot be read.
    """
    files = find_stem_files(folder, names)
    tracks: list[Tensor] = []
    rate = sample_rate
    for file in files:
        audio, rate = load_audio(file, rate)
        tracks.append(audio)
    if rate is None:
        raise SeparationError("No stem was asked for; give at least one name.")
    samples = max(track.shape[-1] for track in tracks)
    channels = max(track.shape[0] for track in tracks)
    padded = [
        torch.nn.functional.pad(track, (0, samples - track.shape[-1])).expand(channels, -1)
        for track in tracks
    ]
    return Stems(torch.stack(padded), tuple(names), rate)


def save_stems(
    stems: Stems, folder: str | os.PathLike[str], subtype: str = "FLOAT"
) -> tuple[Path, ...]:
    """Write each stem to ``<folder>/<name>.wav``, by default as 32-bit float: they still sum.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``.
    folder : path
        Made if it does not exist (its parent must).
    subtype : str
        libsndfile's name of the sample format, see :func:`~djtrans.core.audio.io.write_audio`.

    Returns
    -------
    tuple of Path
        The files, in the order of the stems.

    Raises
    ------
    ShapeError
        If the stems have a batch dimension.
    AudioFileError
        If the folder cannot be made or written.
    """
    if stems.audio.ndim != 3:
        raise ShapeError(
            f"Stems of shape {tuple(stems.audio.shape)} are a batch; save one element at a time."
        )
    target = Path(folder).expanduser()
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise AudioFileError(
            f"Cannot make folder {target}: {error.strerror}; choose another."
        ) from None
    return tuple(
        write_audio(target / f"{name}.wav", stems[name], stems.sample_rate, subtype)
        for name in stems.names
    )


def find_stem_files(
    folder: str | os.PathLike[str], names: Sequence[str] = STEMS
) -> tuple[Path, ...]:
    """Return the file of each stem, having checked that their lengths agree.

    Raises
    ------
    SeparationError
        If the folder or a file is missing, there are two files for one stem, or lengths differ.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise SeparationError(
            f"Stems folder {root} {what}; give a folder with {', '.join(names)} as .wav files."
        )
    audio_files = [f for f in sorted(root.iterdir()) if f.suffix.lower() in WRITABLE]
    found = {name: [f for f in audio_files if f.stem.lower() == name] for name in names}
    missing = [name for name in names if not found[name]]
    if missing:
        raise SeparationError(
            f"Stems folder {root} has no file for {', '.join(missing)}; add "
            f"{', '.join(f'{name}.wav' for name in missing)} (or one of {', '.join(WRITABLE)})."
        )
    for name in names:
        if len(found[name]) > 1:
            rivals = " and ".join(f.name for f in found[name])
            raise SeparationError(f"Stems folder {root} has {rivals}; keep one file for {name}.")
    files = tuple(found[name][0] for name in names)
    lengths = [audio_seconds(file) for file in files]
    if max(lengths) - min(lengths) > LENGTH_TOLERANCE_SECONDS:
        seconds = ", ".join(
            f"{file.name} {length:.2f} s" for file, length in zip(files, lengths, strict=True)
        )
        raise SeparationError(
            f"The stems in {root} differ in length ({seconds}); export all of the same range."
        )
    return files
