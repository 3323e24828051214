"""Request for the curves of one transition: input of techniques and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.curves.layout import Layout
from djtrans.core.track.features import TrackFeatures

if TYPE_CHECKING:
    from torch import Tensor


@attrs.frozen(eq=False)
class CurveRequest:
    """Request for the curves of one transition.

    Attributes
    ----------
    layout : Layout
        Parameters to generate.
    n_frames : int
        Frames of the window.
    swap_beat : float
        Beat of the window, from 0, of the swap: a downbeat.
    frames_per_beat, beats_per_bar : int
        Time resolution and meter.
    seed : int
        Random seed. A technique generates its plain form for 0 and varies timing, depth and order
        for other seeds.
    phrase_beats_a, phrase_beats_b : tuple of float
        Beats of the window, ends included, on which a phrase of the track starts.
    technique : str
        Qualified name of the technique that conditions a model; ``""`` for none.
    place_a, place_b : str
        Anchor of each track at the swap (:data:`djtrans.core.contracts.technique.PLACES`); ``""``
        if unknown.
    key_distance : int or None
        Camelot distance of the tracks; None if unknown.
    features_a, features_b : TrackFeatures, optional
        Features of the tracks on these frames.
    objective : float or None
        Share of the possible improvement on a technique's own curves that a model aims at: 0 for
        curves like the technique's, 1 for the best, -1 for the worst; None to leave it open.
        Techniques ignore it.
    rest : Tensor, optional
        ``[frames, parameters]``: curves of the whole layout, from which a model takes the
        parameters that it does not generate; neutral ones by default. Techniques ignore it.

    Examples
    --------
    >>> import djtrans
    >>> layout = djtrans.mixer_layout("dj54")
    >>> request = djtrans.CurveRequest(layout=layout, n_frames=64, swap_beat=16)
    >>> request.beats
    32.0
    >>> djtrans.load_technique("bass-swap").generate(request).shape
    torch.Size([64, 54])

    See Also
    --------
    djtrans.CurveSheet : Write the curves of a request by beats and keys.
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
    objective: float | None = None
    rest: Tensor | None = None

    @property
    def frame_beats(self) -> NDArray[np.float64]:
        """Beat of each frame, ``[frames]``."""
        return np.arange(self.n_frames) / self.frames_per_beat

    @property
    def beats(self) -> float:
        """Length of the window in beats."""
        return self.n_frames / self.frames_per_beat
