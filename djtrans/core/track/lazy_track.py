"""Tracks of files that are decoded when their samples are needed."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path

from torch import Tensor

from djtrans.core.audio.dc_offset import FAULTY_DC_DB, dc_offset_db
from djtrans.core.audio.decoding.opening import open_audio
from djtrans.core.audio.file_facts import content_hash
from djtrans.core.audio.io import decode
from djtrans.core.track.tags import Tags, read_tags
from djtrans.core.track.track import Track, load_track, samples_hash, track_of
from djtrans.core.util.cache import cache_key, default_cache
from djtrans.core.util.json_documents import parse_json
from djtrans.core.util.profiling import timed

#: The kind of these entries in the cache.
KIND = "samples"
#: Version of the processing from the decoded file to the samples, part of the keys.
FORMAT = 1


class LazyTrack:
    """Track of a file at a sample rate, without DC offset, decoded on first use of `audio`.

    The hash of its samples is kept in the cache, by the hash of the file and the decoder.

    Parameters
    ----------
    path : path-like
        Audio file.
    sample_rate : int
        Rate of its audio, in Hz.
    channels : int
        Channels of its audio, 1 or 2.
    samples : int, optional
        Length of its audio, if it is known without decoding.

    Attributes
    ----------
    name : str
        File name.
    path : str
        Absolute path.
    sha256 : str
        Hash of the file's bytes.

    Raises
    ------
    AudioFileError
        If the file is missing; on first use of its audio, if it cannot be decoded.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        sample_rate: int,
        channels: int,
        samples: int | None = None,
    ) -> None:
        self.path = os.path.abspath(os.path.expanduser(path))
        self.name = Path(self.path).name
        self.sha256 = content_hash(self.path)
        self.sample_rate, self.channels, self._samples = sample_rate, channels, samples

    @cached_property
    def audio(self) -> Tensor:
        """Samples, ``[channels, samples]`` float32."""
        track = load_track(self.path).without_dc().at_rate(self.sample_rate, self.channels)
        keep_samples_hash(track)
        return track.audio

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        samples = self.audio.shape[-1] if self._samples is None else self._samples
        return int(samples) / self.sample_rate

    @cached_property
    def samples_hash(self) -> str:
        """Hash of the samples; it is not necessary to decode a file that was decoded before."""
        key = _key(self.sha256, self.decoder, self.sample_rate, self.channels)
        known = default_cache().load(KIND, key, bytes.decode)
        return known or samples_hash(self.audio, self.sample_rate)

    @cached_property
    def decoder(self) -> str:
        """Name and version of the decoder of the file."""
        with open_audio(Path(self.path)) as stream:
            return stream.decoder

    @cached_property
    def tags(self) -> Tags:
        """Tags of the file."""
        return read_tags(self.path)

    def at_rate(self, sample_rate: int, channels: int) -> LazyTrack:
        """Return the track at another sample rate and number of channels (1 or 2)."""
        if (sample_rate, channels) == (self.sample_rate, self.channels):
            return self
        samples = self._samples if sample_rate == self.sample_rate else None
        return LazyTrack(self.path, sample_rate, channels, samples)


def open_track(path: str | os.PathLike[str]) -> Track | LazyTrack:
    """Open a file as a track without DC offset; it is decoded if that was never done before.

    The format and length of a file that is decoded without a warning are kept in the cache. A file
    that gives a warning is decoded, and gives it, every time; so is MPEG audio that is decoded
    beside another thread, where damaged frames cannot be found.

    Parameters
    ----------
    path : path-like
        Audio file.

    Returns
    -------
    Track or LazyTrack

    Raises
    ------
    AudioFileError
        See :func:`~djtrans.core.track.track.load_track`.
    """
    file = Path(os.path.expanduser(path))
    with open_audio(file) as stream:
        decoder = stream.decoder
    key = cache_key(format=FORMAT, file=content_hash(file), decoder=decoder, content="shape")
    known = default_cache().load(KIND, key, _read_shape)
    if known is not None:
        return LazyTrack(file, *known)
    with timed("decode"):
        decoded = decode(file)
    loaded = track_of(decoded, file)
    track = loaded.without_dc()
    is_faulty = track is not loaded and dc_offset_db(loaded.audio) > FAULTY_DC_DB
    if not (decoded.warned or is_faulty):
        shape = [track.sample_rate, *track.audio.shape]
        default_cache().store(KIND, key, json.dumps(shape).encode())
    return track


def _read_shape(content: bytes) -> tuple[int, int, int]:
    sample_rate, channels, samples = map(int, parse_json(content))
    return sample_rate, channels, samples


def keep_samples_hash(track: Track | LazyTrack) -> None:
    """Store the hash of the samples of a track, as it was decoded from its file, in the cache.

    Parameters
    ----------
    track : Track or LazyTrack
        Without DC offset, possibly at another rate and number of channels than the file. A lazy one
        stores its hash itself.
    """
    if isinstance(track, LazyTrack):
        return
    key = _key(track.sha256, track.decoder, track.sample_rate, track.channels)
    default_cache().store(KIND, key, track.samples_hash.encode())


def _key(sha256: str, decoder: str, sample_rate: int, channels: int) -> str:
    import soxr

    return cache_key(
        format=FORMAT,
        file=sha256,
        decoder=decoder,
        resampler=soxr.__version__,
        sample_rate=sample_rate,
        channels=channels,
    )
