"""What a curve model is asked to draw."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.curves.layout import Layout
from djtrans.core.track.features import TrackFeatures


@attrs.frozen(eq=False)
class CurveRequest:
    """One transition to draw.

    Attributes
    ----------
    layout : Layout
        Parameters to draw.
    n_frames : int
        Frames of the window.
    swap_beat : float
        Beat of the window, from 0, on which the exchange ends: a downbeat.
    frames_per_beat, beats_per_bar : int
    seed : int
        Seed of whatever is random. A technique draws its plain form at 0 and varies it, in timing,
        depth and order, at every other seed.
    phrase_beats_a, phrase_beats_b : tuple of float
        Beats of the window, ends included, on which a phrase of the track starts.
    technique : str
        Qualified name of the technique that is wished for; ``""`` for none.
    place_a, place_b : str
        What of each track lies at the swap (:data:`djtrans.core.contracts.technique.PLACES`);
        ``""`` where unknown.
    key_distance : int or None
        Steps on the Camelot wheel between the tracks; None where unknown.
    features_a, features_b : TrackFeatures, optional
        What the tracks are like on these frames.
    """

    layout: Layout
    n_frames: int
    swap_beat: float
    frames_per_beat: int = 2
    beats_per_bar: int = 4
    seed: int = 0
    phrase_beats_a: tuple[float, ...] = ()
    phrase_beats_b: tuple[float, ...] = ()
    technique: str = ""
    place_a: str = ""
    place_b: str = ""
    key_distance: int | None = None
    features_a: TrackFeatures | None = None
    features_b: TrackFeatures | None = None

    @property
    def frame_beats(self) -> NDArray[np.float64]:
        """Beat of each frame, ``[frames]``."""
        return np.arange(self.n_frames) / self.frames_per_beat

    @property
    def beats(self) -> float:
        """Length of the window in beats."""
        return self.n_frames / self.frames_per_beat
