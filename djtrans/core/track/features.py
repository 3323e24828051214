"""What a curve model and a report know of one track within the window."""

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
        Tempo of the track's stems as they are handed over, in beats per minute.
    beat_times : Tensor
        ``[beats]`` float64, seconds from the stems' first sample. The first one is the start of the
        window, a downbeat; one more than the window has beats.
    beats_per_bar : int
    frames_per_beat : int
    level_db : Tensor
        ``[frames, stems, 3]`` float32: RMS level in the low, mid and high band (below 300 Hz, to
        4 kHz, above) of each stem around each frame, in dB full scale, floored at -120.
    onset : Tensor
        ``[frames, stems]`` float32, 0 to 1: the steepest rise of each stem in each frame; 1 is
        30 dB within 20 ms.
    vocal : Tensor
        ``[frames]`` float32, 0 to 1: how much the vocal stem is heard.
    reference_db : float
        Level of the track's loud parts, which its other levels are compared with.
    stem_names : tuple of str
    isolated : bool
        Whether each stem holds its own sounds only, so that one can be moved alone.
    key : str
        Camelot code, or ``""`` where unknown.
    stretch : float
        Tempo change of the stems against the file, as a fraction.
    phrase_beats : tuple of float
        Beats of the window, ends included, on which a phrase starts.
    sections : tuple of BeatSection
        In order; empty where unknown.
    extra : mapping of str to Tensor
        ``[frames, ...]``: arrays of the encoders' own extractors, by ``extractor/name``.
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
