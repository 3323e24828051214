"""Tracks of files that are decoded when their samples are needed."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from torch import Tensor

from djtrans.core.audio.decoding.opening import open_audio
from djtrans.core.audio.file_facts import content_hash
from djtrans.core.track.track import Track, load_track, samples_hash
from djtrans.core.util.cache import cache_key, default_cache

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

    Attributes
    ----------
    name : str
        File name.
    sha256 : str
        Hash of the file's bytes.

    Raises
    ------
    AudioFileError
        If the file is missing; on first use of its audio, if it cannot be decoded.
    """

    def __init__(self, path: str | os.PathLike[str], sample_rate: int, channels: int) -> None:
        self._path = Path(os.path.expanduser(path))
        self.name = self._path.name
        self.sha256 = content_hash(self._path)
        self.sample_rate, self._channels = sample_rate, channels

    @cached_property
    def audio(self) -> Tensor:
        """Samples, ``[channels, samples]`` float32."""
        track = load_track(self._path).without_dc().at_rate(self.sample_rate, self._channels)
        keep_samples_hash(track)
        return track.audio

    @cached_property
    def samples_hash(self) -> str:
        """Hash of the samples; it is not necessary to decode a file that was decoded before."""
        with open_audio(self._path) as stream:
            decoder = stream.decoder
        key = _key(self.sha256, decoder, self.sample_rate, self._channels)
        known = default_cache().load(KIND, key, bytes.decode)
        return known or samples_hash(self.audio, self.sample_rate)


def keep_samples_hash(track: Track) -> None:
    """Store the hash of the samples of a track, as it was decoded from its file, in the cache.

    Parameters
    ----------
    track : Track
        Without DC offset, possibly at another rate and number of channels than the file.
    """
    key = _key(track.sha256, track.decoder, track.sample_rate, len(track.audio))
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
