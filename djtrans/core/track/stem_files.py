"""Load and save stems as audio files, one per stem."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from djtrans.core.audio.containers import WRITABLE
from djtrans.core.audio.file_facts import audio_seconds, content_hash
from djtrans.core.audio.io import load_audio, write_audio
from djtrans.core.errors import AudioFileError, SeparationError, ShapeError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.core.util.names import is_file_name

#: Largest difference in length between stem files: audio encoders pad.
LENGTH_TOLERANCE_SECONDS = 0.05


def load_stems(
    folder: str | os.PathLike[str],
    names: Sequence[str] = STEMS,
    sample_rate: int | None = None,
) -> Stems:
    """Read the stems of a folder, such as ``drums.wav`` … ``other.wav``.

    Parameters
    ----------
    folder : path-like
        The folder.
    names : sequence of str
        Stems to read, each from ``<name>.wav``, ``.flac``, ``.ogg``, ``.mp3`` or ``.aiff``.
    sample_rate : int, optional
        Sample rate of the result in Hz; the first file's by default.

    Returns
    -------
    Stems
        ``[stems, channels, samples]``; stereo if any stem is.

    Raises
    ------
    SeparationError
        If a file is missing, a stem has two files, or lengths differ by more than 50 ms (shorter
        differences are padded with silence).
    AudioFileError
        If a file cannot be read.

    Examples
    --------
    >>> import djtrans, torch
    >>> stems = djtrans.Stems(torch.zeros(2, 2, 44100), ("drums", "bass"), 44100)
    >>> files = djtrans.save_stems(stems, "stems")
    >>> djtrans.load_stems("stems", names=("drums", "bass")).audio.shape
    torch.Size([2, 2, 44100])

    See Also
    --------
    save_stems : Write stems as audio files.
    """
    files = find_stem_files(folder, names)
    tracks: list[Tensor] = []
    rate = sample_rate
    for file in files:
        audio, rate = load_audio(file, rate)
        tracks.append(audio)
    if rate is None:
        raise SeparationError("No stem names were given; give at least one.")
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
    """Write each stem to ``<folder>/<name>.wav``.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``.
    folder : path-like
        The folder, created if it does not exist (its parent must exist).
    subtype : str
        libsndfile's name of the sample format, see :func:`~djtrans.core.audio.io.write_audio`. The
        default, 32-bit float, preserves the sum of the stems.

    Returns
    -------
    tuple of Path
        The files, in the order of the stems.

    Raises
    ------
    ShapeError
        If the stems have a batch dimension.
    AudioFileError
        If the folder cannot be created or written to, or the name of a stem is not that of a file
        in it.

    Examples
    --------
    >>> import djtrans, torch
    >>> stems = djtrans.Stems(torch.zeros(2, 2, 44100), ("drums", "bass"), 44100)
    >>> [file.name for file in djtrans.save_stems(stems, "stems")]
    ['drums.wav', 'bass.wav']

    See Also
    --------
    load_stems : Read stems from audio files.
    """
    if stems.audio.ndim != 3:
        raise ShapeError(
            f"Stems of shape {tuple(stems.audio.shape)} are a batch; save one element at a time."
        )
    for name in stems.names:
        if not is_file_name(name):
            raise AudioFileError(
                f"A stem named {name!r:.80} cannot be the name of a file; give it a name without "
                "folder and special characters."
            )
    target = Path(os.path.expanduser(folder))
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
    """Find the file of each stem and check that their lengths agree.

    Parameters
    ----------
    folder : path-like
        The folder.
    names : sequence of str
        Names of the stems.

    Returns
    -------
    tuple of Path
        The files, in the order of `names`.

    Raises
    ------
    SeparationError
        If the folder or a file is missing, there are two files for one stem, or lengths differ.
    """
    root = Path(os.path.expanduser(folder))
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
            both = " and ".join(f.name for f in found[name])
            raise SeparationError(f"Stems folder {root} has {both}; keep one file for {name}.")
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


def stems_hash(folder: str | os.PathLike[str], names: Sequence[str] = STEMS) -> str:
    """Compute the SHA-256, in hexadecimal, that identifies the content of a folder of stems.

    Parameters
    ----------
    folder : path-like
        The folder; it and the files may be renamed or moved without changing the hash.
    names : sequence of str
        Names of the stems.

    Raises
    ------
    SeparationError
        See :func:`find_stem_files`.
    """
    files = find_stem_files(folder, names)
    hashes = (f"{name} {content_hash(file)}" for name, file in zip(names, files, strict=True))
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def check_stems_hash(folder: str | os.PathLike[str], expected: str) -> None:
    """Raise SeparationError if the stems are not those with this hash; ``""`` allows any."""
    if expected and stems_hash(folder) != expected:
        raise SeparationError(
            f"The stems in {folder} are not those that these parameters were made with: a file was "
            "changed, exchanged or replaced. Restore them, give the folder that has them "
            "(--stems-a, --stems-b), or generate the transition again."
        )
