"""Read and write audio files.

Audio is a float32 tensor ``[channels, samples]`` throughout djtrans, with a separate sample rate.
"""

from __future__ import annotations

import hashlib
import math
import os
import shlex
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor

from djtrans.core.audio.containers import check_sample_rate
from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.validation import check_audio, check_finite
from djtrans.core.errors import AudioFileError
from djtrans.core.util.atomic_files import reason, replacing

#: Writable formats: libsndfile's format and the default subtype, by extension.
WRITABLE = {
    ".wav": ("WAV", "PCM_24"),
    ".flac": ("FLAC", "PCM_24"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".aiff": ("AIFF", "PCM_24"),
    ".aif": ("AIFF", "PCM_24"),
}

#: Formats that ffmpeg can decode, but libsndfile cannot.
NEEDS_FFMPEG = {".m4a", ".aac", ".mp4", ".wma", ".alac", ".webm", ".mka", ".mkv", ".mov"}

#: libsndfile's Vorbis encoder overflows its stack on one huge write.
_WRITE_FRAMES = 65536

# ITU-R BS.775 downmix weights of each channel to (left, right), channels in WAV order.
_HALF_POWER = math.sqrt(0.5)
_LEFT, _RIGHT, _CENTRE, _LFE = (1.0, 0.0), (0.0, 1.0), (_HALF_POWER, _HALF_POWER), (0.0, 0.0)
_SIDE_L, _SIDE_R = (_HALF_POWER, 0.0), (0.0, _HALF_POWER)
_DOWNMIX = {
    3: (_LEFT, _RIGHT, _CENTRE),
    4: (_LEFT, _RIGHT, _SIDE_L, _SIDE_R),
    5: (_LEFT, _RIGHT, _CENTRE, _SIDE_L, _SIDE_R),
    6: (_LEFT, _RIGHT, _CENTRE, _LFE, _SIDE_L, _SIDE_R),
    8: (_LEFT, _RIGHT, _CENTRE, _LFE, _SIDE_L, _SIDE_R, _SIDE_L, _SIDE_R),
}


def load_audio(path: str | os.PathLike[str], sample_rate: int | None = None) -> tuple[Tensor, int]:
    """Read a whole audio file (wav, flac, ogg, mp3, aiff).

    Mono stays mono. More than two channels are mixed down to stereo (ITU-R BS.775, scaled so that
    it cannot clip, without the low-frequency channel), with a warning.

    Parameters
    ----------
    path : path-like
        The file.
    sample_rate : int, optional
        Rate to resample to, in Hz; the file's own by default.

    Returns
    -------
    audio : Tensor
        ``[channels, samples]`` float32, full scale is 1.
    sample_rate : int
        In Hz.

    Raises
    ------
    AudioFileError
        If the file is missing, is not audio, is in a format that needs ffmpeg, is empty, or has
        samples that are not finite.

    Examples
    --------
    >>> import djtrans, torch
    >>> path = djtrans.write_audio("noise.wav", 0.1 * torch.randn(2, 44100), 44100)
    >>> audio, sample_rate = djtrans.load_audio(path, sample_rate=22050)
    >>> audio.shape, sample_rate
    (torch.Size([2, 22050]), 22050)

    See Also
    --------
    write_audio : Write an audio file.
    djtrans.load_track : Load a file with its name and hash.
    """
    file = Path(path).expanduser()
    with _open_for_reading(file) as handle:
        rate = int(handle.samplerate)
        samples = _read_frames(handle, file)
    if samples.shape[0] == 0:
        raise AudioFileError(f"{file} has no samples; give a file that is not empty.")
    audio = _to_tensor(samples, file)
    if sample_rate is None or sample_rate == rate:
        return audio, rate
    return resample(audio, rate, sample_rate), sample_rate


def load_window(path: str | os.PathLike[str], sample_rate: int, start: int, samples: int) -> Tensor:
    """Read part of an audio file: the same samples as a slice of the whole resampled file.

    Parameters
    ----------
    path : path-like
        The file.
    sample_rate : int
        Rate of the result, in Hz.
    start : int
        First sample, at `sample_rate`; may be negative.
    samples : int
        Number of samples.

    Returns
    -------
    Tensor
        ``[channels, samples]`` float32; zero beyond the ends of the file.

    Raises
    ------
    AudioFileError
        See :func:`load_audio`.
    """
    file = Path(path).expanduser()
    with _open_for_reading(file) as handle:
        rate = int(handle.samplerate)
        # Whole seconds are on both sample grids; a second of margin avoids the resampler's edges.
        first = max(0, start // sample_rate - 1)
        last = max(first, -((-start - samples) // sample_rate) + 1)
        handle.seek(min(first * rate, handle.frames))
        block = _read_frames(handle, file, (last - first) * rate)
    audio = _to_tensor(block, file)
    if audio.shape[-1]:
        audio = resample(audio, rate, sample_rate)
    offset = start - first * sample_rate
    return padded_slice(audio, offset, offset + samples)


def audio_seconds(path: str | os.PathLike[str]) -> float:
    """Return the length of an audio file in seconds, from its header."""
    with _open_for_reading(Path(path).expanduser()) as handle:
        return float(handle.frames) / float(handle.samplerate)


def audio_sample_rate(path: str | os.PathLike[str]) -> int:
    """Return the sample rate of an audio file in Hz, from its header."""
    with _open_for_reading(Path(path).expanduser()) as handle:
        return int(handle.samplerate)


def write_audio(
    path: str | os.PathLike[str], audio: Tensor, sample_rate: int, subtype: str | None = None
) -> Path:
    """Write an audio file, atomically.

    Parameters
    ----------
    path : path-like
        The file. Its extension determines the format: .wav, .flac, .ogg, .mp3 or .aiff.
    audio : Tensor
        ``[channels, samples]``, full scale is 1. Higher values are clipped, with a warning, unless
        the subtype is floating point.
    sample_rate : int
        In Hz.
    subtype : str, optional
        libsndfile's name of the sample format, such as ``"PCM_16"`` or ``"FLOAT"``; 24-bit PCM by
        default for wav, flac and aiff.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    AudioFileError
        If the extension or subtype is unknown, the folder is missing or not writable, or the audio
        has samples that are not finite.

    Examples
    --------
    >>> import djtrans, torch
    >>> djtrans.write_audio("silence.flac", torch.zeros(1, 44100), 44100).name
    'silence.flac'

    See Also
    --------
    load_audio : Read an audio file.
    """
    file = Path(path).expanduser()
    if file.suffix.lower() not in WRITABLE:
        raise AudioFileError(
            f"Cannot write {file}: extension {file.suffix!r} is unknown; use one of "
            f"{', '.join(WRITABLE)}."
        )
    container, default = WRITABLE[file.suffix.lower()]
    chosen = subtype or default
    if not soundfile.check_format(container, chosen):
        known = ", ".join(soundfile.available_subtypes(container))
        raise AudioFileError(
            f"Cannot write {file}: a {container} file has no subtype {chosen!r}; choose {known}."
        )
    check_sample_rate(file, sample_rate)
    check_audio(audio)
    check_finite(audio, f"Cannot write {file}: the audio")
    # Vorbis decodes to floats, but players clip it: warn for everything except float PCM.
    if chosen not in ("FLOAT", "DOUBLE"):
        peak = float(audio.abs().max()) if audio.numel() else 0.0
        if peak > 1.0:
            count = int((audio.abs() > 1.0).sum())
            warnings.warn(
                f"{file}: the peak is {amplitude_to_db(peak):+.2f} dBFS, so {count} samples clip; "
                f"lower the level, or write .wav with subtype 'FLOAT'.",
                stacklevel=2,
            )
    frames = audio.detach().cpu().to(torch.float32).numpy().T
    with replacing(file, AudioFileError) as part:
        try:
            with soundfile.SoundFile(
                os.fsencode(part),
                "w",
                samplerate=sample_rate,
                channels=frames.shape[1],
                format=container,
                subtype=chosen,
            ) as out:
                for begin in range(0, frames.shape[0], _WRITE_FRAMES):
                    out.write(np.ascontiguousarray(frames[begin : begin + _WRITE_FRAMES]))
        except (soundfile.SoundFileError, OSError, ValueError) as error:
            raise AudioFileError(
                f"Cannot write {file} ({frames.shape[1]} channels at {sample_rate} Hz, {chosen}): "
                f"{reason(error)} Try a .wav file."
            ) from None
    return file


def content_hash(audio_path: str | os.PathLike[str]) -> str:
    """Compute the SHA-256 of a file's bytes in hexadecimal, which identifies a track in caches."""
    file = Path(audio_path).expanduser()
    _check_is_file(file)
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise AudioFileError(f"Cannot read {file}: {reason(error)}") from None
    return digest.hexdigest()


def _check_is_file(file: Path) -> None:
    if file.is_dir():
        raise AudioFileError(f"{file} is a folder; give an audio file.")
    if not file.exists():
        raise AudioFileError(f"{file} does not exist; check the path.")


@contextmanager
def _open_for_reading(file: Path) -> Iterator[Any]:
    _check_is_file(file)
    if file.suffix.lower() in NEEDS_FFMPEG:
        target = shlex.quote(str(file.with_suffix(".wav")))
        raise AudioFileError(
            f"{file}: {file.suffix} files cannot be decoded here; convert it with: "
            f"ffmpeg -i {shlex.quote(str(file))} {target}"
        )
    if not os.access(file, os.R_OK):
        raise AudioFileError(f"Cannot read {file}: permission denied; check its access rights.")
    if file.stat().st_size == 0:
        raise AudioFileError(f"{file} is empty (0 bytes); give an audio file.")
    if file.suffix.lower() == ".mp3" and not _may_be_mp3(file):
        # libsndfile's MP3 decoder prints messages to stderr for data that is not MP3.
        raise AudioFileError(
            f"{file} is not audio that can be decoded, despite its extension; give a wav, flac, "
            "ogg, mp3 or aiff file."
        )
    try:
        # Bytes: soundfile cannot encode names that are not UTF-8.
        handle = soundfile.SoundFile(os.fsencode(file))
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        # libsndfile reports undecodable MP3 data as a missing file, but the file exists here.
        why = "" if "does not exist" in str(error) else f" ({reason(error).rstrip('.')})"
        raise AudioFileError(
            f"{file} is not audio that can be decoded{why}; give a wav, flac, ogg, mp3 or aiff "
            f"file, or convert it with ffmpeg."
        ) from None
    with handle:
        yield handle


def _may_be_mp3(file: Path) -> bool:
    """Return True if a file starts with an ID3 tag, a container header or an MPEG frame sync."""
    with file.open("rb") as stream:
        head = stream.read(1 << 17)
    if head.startswith((b"ID3", b"RIFF", b"fLaC", b"OggS", b"FORM")):
        return True
    return any(first == 0xFF and second >= 0xE0 for first, second in pairwise(head))


def _read_frames(handle: Any, file: Path, frames: int = -1) -> np.ndarray:
    try:
        block: np.ndarray = handle.read(frames, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioFileError(
            f"{file} cannot be decoded to its end: {reason(error)} Export it again."
        ) from None
    return block


def _to_tensor(samples: np.ndarray, file: Path) -> Tensor:
    """Convert ``[samples, channels]`` to ``[channels, samples]`` of at most two channels."""
    audio = torch.from_numpy(np.ascontiguousarray(samples.T))
    check_finite(audio, str(file))
    channels = audio.shape[0]
    if channels <= 2:
        return audio
    if channels not in _DOWNMIX:
        raise AudioFileError(
            f"{file} has {channels} channels in an unknown layout; mix it down with: "
            f"ffmpeg -i {shlex.quote(str(file))} -ac 2 stereo.wav"
        )
    weights = torch.tensor(_DOWNMIX[channels]).T
    weights = weights / weights.sum(dim=1, keepdim=True)
    warnings.warn(f"{file} has {channels} channels; mixed down to stereo.", stacklevel=4)
    return weights @ audio
