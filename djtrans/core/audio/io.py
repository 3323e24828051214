"""Read and write audio files.

Audio is a float32 tensor ``[channels, samples]`` throughout djtrans, with a separate sample rate.
"""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np
from torch import Tensor

from djtrans.core.audio.containers import check_sample_rate
from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.audio.decoding.opening import open_audio
from djtrans.core.audio.decoding.stream import incomplete, seconds
from djtrans.core.audio.downmix import to_stereo
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.validation import check_audio, check_finite
from djtrans.core.audio.writing import audio_format, open_writer
from djtrans.core.errors import AudioFileError

#: Samples of each channel that are collected before they are copied into the whole: 32 MiB, from
#: which size on the memory of a part is free for others as soon as it is copied.
_PART_FRAMES = 1 << 23


def load_audio(path: str | os.PathLike[str], sample_rate: int | None = None) -> tuple[Tensor, int]:
    """Read a whole audio file; see docs/audio-files.md for the formats.

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
        If the file is missing, is not audio, needs a decoder that is not installed, is empty or
        incomplete, or has samples that are not finite.

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
    decoded = decode(path)
    rate = decoded.sample_rate
    if sample_rate is None or sample_rate == rate:
        return decoded.audio, rate
    return resample(decoded.audio, rate, sample_rate), sample_rate


@attrs.frozen(eq=False)
class DecodedFile:
    """Audio of a file.

    Attributes
    ----------
    audio : Tensor
        ``[channels, samples]`` float32, full scale is 1.
    sample_rate : int
        In Hz.
    decoder : str
        Name and version of the decoder.
    warned : bool
        True if decoding gave a warning, of damaged frames or of more than two channels, or could
        not find out if there are damaged frames.
    """

    audio: Tensor
    sample_rate: int
    decoder: str
    warned: bool = False


def decode(path: str | os.PathLike[str]) -> DecodedFile:
    """Decode a whole audio file; see :func:`load_audio`."""
    file = Path(os.path.expanduser(path))
    with open_audio(file) as stream:
        rate, decoder = stream.sample_rate, stream.decoder
        samples = _joined(stream.blocks(), stream.channels)
        if stream.frames is not None and len(samples) != stream.frames:
            raise incomplete(
                file, seconds(len(samples), rate), f"{seconds(stream.frames, rate)} of audio"
            )
    if samples.shape[0] == 0:
        raise AudioFileError(f"{file} has no samples; give a file that is not empty.")
    warned = stream.damaged or stream.channels > 2
    return DecodedFile(to_stereo(samples, file), rate, decoder, warned)


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
    file = Path(os.path.expanduser(path))
    with open_audio(file) as stream:
        rate = stream.sample_rate
        # Whole seconds are on both sample grids; a second of margin avoids the resampler's edges.
        first = max(0, start // sample_rate - 1)
        last = max(first, -((-start - samples) // sample_rate) + 1)
        blocks = _first(stream.blocks(first * rate), (last - first) * rate)
        block = _joined(blocks, stream.channels)
    audio = to_stereo(block, file)
    if audio.shape[-1]:
        audio = resample(audio, rate, sample_rate)
    offset = start - first * sample_rate
    return padded_slice(audio, offset, offset + samples)


def write_audio(
    path: str | os.PathLike[str],
    audio: Tensor,
    sample_rate: int,
    subtype: str | None = None,
    *,
    texts: Mapping[str, str] | None = None,
) -> Path:
    """Write an audio file, atomically; the same audio gives the same bytes.

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
    texts : mapping of str to str, optional
        Tags by libsndfile's names: ``title``, ``artist``, ``software``.

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
    file = Path(os.path.expanduser(path))
    _, chosen = audio_format(file, subtype)
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
    with open_writer(file, sample_rate, len(audio), chosen, texts=texts) as write:
        write(audio)
    return file


def _joined(blocks: Iterable[np.ndarray], channels: int) -> np.ndarray:
    """Join blocks, ``[samples, channels]``, without a second copy of the whole in memory."""
    parts: deque[np.ndarray] = deque()
    filled = _PART_FRAMES
    for block in blocks:
        while len(block):
            if filled == _PART_FRAMES:
                parts.append(np.empty((channels, _PART_FRAMES), np.float32))
                filled = 0
            count = min(len(block), _PART_FRAMES - filled)
            parts[-1][:, filled : filled + count] = block[:count].T
            filled += count
            block = block[count:]
    total = max(0, len(parts) - 1) * _PART_FRAMES + (filled if parts else 0)
    joined = np.empty((channels, total), np.float32)
    for start in range(0, total, _PART_FRAMES):
        part = parts.popleft()
        joined[:, start : start + _PART_FRAMES] = part[:, : total - start]
    # Channel by channel in memory, as audio is from here on.
    return joined.T


def _first(blocks: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
    for block in blocks:
        yield block[:count]
        count -= len(block)
        if count <= 0:
            return
