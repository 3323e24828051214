"""Tracks: audio with its sample rate, name and hash."""

from __future__ import annotations

import hashlib
import os
import warnings
from functools import cached_property
from pathlib import Path

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.dc_offset import FAULTY_DC_DB, dc_offset_db, without_dc
from djtrans.core.audio.file_facts import content_hash
from djtrans.core.audio.io import DecodedFile, decode
from djtrans.core.audio.polarity import to_mono
from djtrans.core.audio.resampling import resample
from djtrans.core.track.tags import Tags, read_tags
from djtrans.core.util.profiling import timed

#: Shortest track that can be analyzed.
MINIMUM_SECONDS = 8.0


@attrs.frozen(eq=False)
class Track:
    """Track: audio with its sample rate, name and hash.

    Attributes
    ----------
    audio : Tensor
        ``[channels, samples]`` float32.
    sample_rate : int
        In Hz.
    name : str
        File name, or another name for reports.
    sha256 : str
        Hash of the file's bytes; by default, for audio that is not from a file, of its samples.
    decoder : str
        Name and version of the decoder of the file.
    tags : Tags
        Tags of the file.
    path : str
        The file, beside which corrections are looked for; empty for audio that is not from one.

    Examples
    --------
    >>> import djtrans, torch
    >>> djtrans.Track(torch.zeros(2, 441000), 44100, name="silence").duration_seconds
    10.0

    See Also
    --------
    load_track : Load an audio file as a track.
    """

    audio: Tensor
    sample_rate: int
    name: str = "track"
    sha256: str = ""
    decoder: str = ""
    tags: Tags = attrs.field(factory=Tags)
    path: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.sha256:
            object.__setattr__(self, "sha256", self.samples_hash)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.audio)

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        return int(self.audio.shape[-1]) / self.sample_rate

    @cached_property
    def samples_hash(self) -> str:
        """SHA-256 of the samples, see :func:`samples_hash`; computed once."""
        return samples_hash(self.audio, self.sample_rate)

    def at_rate(self, sample_rate: int, channels: int) -> Track:
        """Convert to another sample rate and number of channels (1 or 2)."""
        audio = resample(self.audio, self.sample_rate, sample_rate)
        if channels == 1 and len(audio) == 2:
            audio = to_mono(audio)
        elif channels == 2 and len(audio) == 1:
            audio = audio.expand(2, -1)
        return attrs.evolve(self, audio=audio, sample_rate=sample_rate)

    def without_dc(self) -> Track:
        """Remove a DC offset above -60 dBFS, with a warning above -30; the hash is unchanged."""
        with timed("DC offset"):
            audio = without_dc(self.audio)
        if audio is self.audio:
            return self
        offset = dc_offset_db(self.audio)
        if offset > FAULTY_DC_DB:
            warnings.warn(
                f"{self.name} has a DC offset of {offset:.1f} dBFS; it is removed.", stacklevel=2
            )
        return attrs.evolve(self, audio=audio)


def samples_hash(audio: Tensor, sample_rate: int) -> str:
    """Compute the SHA-256, in hexadecimal, of samples as float32, their shape and their rate."""
    samples = audio.detach().to("cpu", torch.float32).contiguous()
    digest = hashlib.sha256(f"{tuple(samples.shape)} {sample_rate}".encode())
    digest.update(samples.numpy().data)
    return digest.hexdigest()


def load_track(path: str | os.PathLike[str]) -> Track:
    """Load an audio file as a track.

    Parameters
    ----------
    path : path-like
        Audio file; see docs/audio-files.md for the formats.

    Returns
    -------
    Track

    Raises
    ------
    AudioFileError
        If the file is missing, is not audio, or is empty.

    Examples
    --------
    >>> import djtrans, torch
    >>> path = djtrans.write_audio("song.wav", torch.zeros(2, 441000), 44100)
    >>> djtrans.load_track(path).name
    'song.wav'

    See Also
    --------
    djtrans.analyze_track : Analyze a track.
    """
    with timed("decode"):
        decoded = decode(path)
    return track_of(decoded, path)


def track_of(decoded: DecodedFile, path: str | os.PathLike[str]) -> Track:
    """Return the track of a file that is decoded."""
    with timed("hash and tags"):
        sha256, tags = content_hash(path), read_tags(path)
    return Track(
        decoded.audio,
        decoded.sample_rate,
        Path(path).name,
        sha256,
        decoded.decoder,
        tags,
        os.path.abspath(os.path.expanduser(path)),
    )
