"""What a curve model and a report know of one track within the window."""

from __future__ import annotations

import attrs
from torch import Tensor

from djtrans.core.config import as_tuple


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
    stem_names : tuple of str
    key : str
        Camelot code, or ``""`` where unknown.
    """

    bpm: float
    beat_times: Tensor
    level_db: Tensor
    stem_names: tuple[str, ...] = attrs.field(converter=as_tuple)
    beats_per_bar: int = 4
    frames_per_beat: int = 2
    key: str = ""

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.level_db.shape[0])
