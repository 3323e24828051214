"""Features of one track in a window: input of curve models and reports."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from torch import Tensor

from djtrans.core.contracts.config import as_tuple
from djtrans.core.transition.plan import BeatSection


@attrs.frozen(eq=False)
class TrackFeatures:
    """Features of one track on the frames of a window.

    Attributes
    ----------
    bpm : float
        Tempo of the stems in BPM.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds from the stems' first sample: the beats of the window, of
        which the first is a downbeat, and its end.
    beats_per_bar, frames_per_beat : int
        Meter and time resolution.
    level_db : Tensor
        ``[frames, stems, 3]`` float32: RMS level of each stem in the low, mid and high band (below
        300 Hz, to 4 kHz, above) in dBFS, at least -120.
    onset : Tensor
        ``[frames, stems]`` float32, 0 to 1: steepest rise of each stem in each frame; 1 is 30 dB
        within 20 ms.
    vocal : Tensor
        ``[frames]`` float32, 0 to 1: vocal activity.
    reference_db : float
        Level of the track's loud parts, to which other levels are relative.
    stem_names : tuple of str
        Names of the stems.
    isolated : bool
        True if the stems have good isolation, so that one can be faded alone.
    key : str
        Camelot code; ``""`` if unknown.
    stretch : float
        Tempo change of the stems relative to the file, as a fraction.
    phrase_beats : tuple of float
        Beats of the window, ends included, on which a phrase starts.
    sections : tuple of BeatSection
        Sections in order; empty if unknown.
    extra : mapping of str to Tensor
        ``[frames, ...]``: features of the encoders' own extractors, by ``extractor/name``.

    Examples
    --------
    >>> import djtrans
    >>> song = djtrans.synthesize(djtrans.TrackSpec(structure=(("intro", 8), ("drop", 8))))
    >>> analysis = djtrans.analyze_track(djtrans.Track(song.audio, song.sample_rate))
    >>> features = djtrans.build_track_features(song.stems, analysis, n_frames=32)
    >>> features.level_db.shape
    torch.Size([32, 4, 3])

    See Also
    --------
    djtrans.build_track_features : Extract the features from stems.
    """

    bpm: float
    beat_times: Tensor
    level_db: Tensor
    onset: Tensor
    vocal: Tensor
    reference_db: float
    stem_names: tuple[str, ...] = attrs.field(converter=as_tuple)
    isolated: bool = True
    beats_per_bar: int = 4
    frames_per_beat: int = 2
    key: str = ""
    stretch: float = 0.0
    phrase_beats: tuple[float, ...] = ()
    sections: tuple[BeatSection, ...] = ()
    extra: Mapping[str, Tensor] = attrs.field(factory=dict)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.level_db.shape[0])
