"""Curve sheet: techniques write curves on it, by beats and parameter keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS
from djtrans.core.curves.request import CurveRequest


class CurveSheet:
    """Curves of one transition, neutral until they are written.

    Parameters
    ----------
    request : CurveRequest
        Request with the layout and the frames.

    Attributes
    ----------
    request : CurveRequest
        The request.
    beats : ndarray
        Beat of each frame, ``[frames]``.
    stems : tuple of str
        Stems of the layout, in its order.

    Examples
    --------
    >>> import djtrans
    >>> layout = djtrans.mixer_layout("dj54")
    >>> sheet = djtrans.CurveSheet(djtrans.CurveRequest(layout=layout, n_frames=8, swap_beat=2))
    >>> sheet.line("a/drums/fader/gain", [(1, 1.0), (3, 0.0)])
    >>> sheet.values[:, layout.index("a/drums/fader/gain")].tolist()
    [1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]

    See Also
    --------
    djtrans.core.curves.gestures : Gestures that write several curves at once.
    """

    def __init__(self, request: CurveRequest) -> None:
        self.request = request
        self._layout = request.layout
        self.beats = request.frame_beats
        rows = (row.stem for row in request.layout.rows if row.stem not in (TRACK_BUS, MASTER_BUS))
        self.stems = tuple(dict.fromkeys(rows))
        self._values = np.tile(np.asarray(request.layout.neutral), (request.n_frames, 1))

    def line(self, pattern: str, points: Sequence[tuple[float, float]]) -> None:
        """Write straight lines through points, held before the first and after the last.

        Parameters
        ----------
        pattern : str
            Shell pattern of keys, such as ``"b/*/eq/low"``; it may match no parameter.
        points : sequence of (beat, value)
            Beats must not decrease; two points on one beat are a step that ends on that beat.
        """
        beats, values = (np.asarray(axis, dtype=float) for axis in zip(*points, strict=True))
        # searchsorted from the right finds the later of two points on one beat.
        left = np.clip(np.searchsorted(beats, self.beats, side="right") - 1, 0, len(beats) - 1)
        right = np.minimum(left + 1, len(beats) - 1)
        width = np.where(beats[right] > beats[left], beats[right] - beats[left], 1.0)
        at = np.clip((self.beats - beats[left]) / width, 0.0, 1.0)
        self.curve(pattern, values[left] + at * (values[right] - values[left]))

    def curve(self, pattern: str, values: NDArray[np.float64]) -> None:
        """Write a whole curve, ``values [frames]``."""
        self._values[:, self._layout.select(pattern)] = np.asarray(values)[:, None]

    def read(self, pattern: str) -> NDArray[np.float64]:
        """Return a copy of the curves that match a pattern, ``[frames, matches]``."""
        return self._values[:, self._layout.select(pattern)].copy()

    @property
    def values(self) -> Tensor:
        """All curves, ``[frames, parameters]`` float32."""
        return torch.from_numpy(self._values).float()
