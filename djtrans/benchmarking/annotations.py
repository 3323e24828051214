"""Annotations of a track, which its analysis is compared with."""

from __future__ import annotations

from pathlib import Path

import attrs

from djtrans.core.contracts.config import as_tuple


@attrs.frozen(kw_only=True)
class Annotations:
    """Annotations of a track; what a dataset does not annotate is None or empty.

    Attributes
    ----------
    bpm : float, optional
        Tempo in beats per minute.
    beats : tuple of float
        Times of the beats in seconds, increasing.
    downbeats : tuple of float
        Times of the downbeats in seconds, increasing.
    key : str
        Key as mir_eval names it, such as ``"C# minor"``.
    boundaries : tuple of float
        Times of the section boundaries in seconds, increasing, with start and end of the music.
    cues : tuple of float
        Times of the cue points in seconds, increasing: where DJs start or end a transition.

    Examples
    --------
    >>> from djtrans.benchmarking import Annotations
    >>> Annotations(bpm=126.0, key="A minor").beats
    ()

    See Also
    --------
    AnnotatedTrack : An audio file with its annotations.
    """

    bpm: float | None = None
    beats: tuple[float, ...] = attrs.field(default=(), converter=as_tuple)
    downbeats: tuple[float, ...] = attrs.field(default=(), converter=as_tuple)
    key: str = ""
    boundaries: tuple[float, ...] = attrs.field(default=(), converter=as_tuple)
    cues: tuple[float, ...] = attrs.field(default=(), converter=as_tuple)


@attrs.frozen
class AnnotatedTrack:
    """Track of a dataset.

    Attributes
    ----------
    name : str
        Name, unique in the dataset.
    audio : Path
        Audio file.
    annotations : Annotations
        Annotations of the file.
    stems : Path, optional
        Folder with the true stems of the file, such as ``drums.wav``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from djtrans.benchmarking import AnnotatedTrack, Annotations
    >>> AnnotatedTrack("song", Path("song.wav"), Annotations(bpm=126.0)).annotations.bpm
    126.0

    See Also
    --------
    Dataset : Finds the tracks in a folder.
    """

    name: str
    audio: Path
    annotations: Annotations = attrs.field(factory=Annotations)
    stems: Path | None = None
