"""The curves of a transition: a value for each parameter of the layout at each frame."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.mixer_spec import TRACK_BUS
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import LayoutError, ShapeError

#: A value this close to a stop or to neutral (as a fraction of the range) is meant to be there:
#: a fader at 0.01 is still audible at -40 dB.
SNAP_FRACTION = 0.02


@attrs.frozen(eq=False)
class TransitionParams:
    """Parameter curves on frames of the common clock.

    Attributes
    ----------
    values : Tensor
        ``[..., frames, parameters]``, each in the unit of its parameter.
    layout : Layout
        The meaning of the last axis.
    frame_times : Tensor
        ``[frames]`` float64, seconds from the start of the window.
    beat_times : Tensor
        ``[beats]`` float64, seconds: the common clock, one beat past the end of the window.
    frames_per_beat : float
        Frame ``i`` lies at beat ``i / frames_per_beat``; a whole number unless the curves were
        resampled.
    """

    values: Tensor
    layout: Layout
    frame_times: Tensor
    beat_times: Tensor
    frames_per_beat: float = 2

    def __attrs_post_init__(self) -> None:
        shape = tuple(self.values.shape)
        wanted = (len(self.frame_times), len(self.layout))
        if len(shape) < 2 or shape[-2:] != wanted:
            raise ShapeError(
                f"Parameter values have shape {shape}; expected [..., {wanted[0]} frames, "
                f"{wanted[1]} parameters] for this clock and layout."
            )

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.values.shape[-2])

    def row(self, key: str) -> Tensor:
        """Curve of one parameter, ``[..., frames]``."""
        return self.values[..., self.layout.index(key)]

    def to(self, device: str | torch.device) -> TransitionParams:
        """The same curves on another device; the clock stays where it is."""
        return attrs.evolve(self, values=self.values.to(device))

    def delayed(self, seconds: float) -> TransitionParams:
        """The same curves on a clock whose zero lies `seconds` earlier."""
        return attrs.evolve(
            self,
            frame_times=self.frame_times + seconds,
            beat_times=self.beat_times + seconds,
        )

    def resampled(self, n_frames: int) -> TransitionParams:
        """The same curves with another number of frames over the same window."""
        if n_frames == self.n_frames:
            return self
        if n_frames < 2:
            raise ShapeError(f"n_frames = {n_frames}: give at least 2, the first and the last.")
        position = torch.arange(n_frames, dtype=torch.float64) * (self.n_frames / n_frames)
        # The last frame stays the pinned end, wherever the new rate would put it.
        position[-1] = self.n_frames - 1
        position = position.clamp(max=self.n_frames - 1)
        left = position.long().clamp(max=self.n_frames - 2)
        part = (position - left).to(self.values)[:, None]
        before, after = self.values[..., left, :], self.values[..., left + 1, :]
        rate = self.frames_per_beat * n_frames / self.n_frames
        return attrs.evolve(
            self,
            values=before + part * (after - before),
            frame_times=frame_times(self.beat_times, n_frames, rate),
            frames_per_beat=rate,
        )


def frame_times(beat_times: Tensor, n_frames: int, frames_per_beat: float) -> Tensor:
    """Times of frames that lie on a beat grid.

    Parameters
    ----------
    beat_times : Tensor
        ``[beats]`` float64, seconds; must reach the last frame's beat.
    n_frames : int
    frames_per_beat : float

    Returns
    -------
    Tensor
        ``[n_frames]`` float64, seconds.
    """
    beats = torch.arange(n_frames, dtype=torch.float64) / frames_per_beat
    last = len(beat_times) - 2
    index = beats.long().clamp(max=last)
    return beat_times[index] + (beats - index) * (beat_times[index + 1] - beat_times[index])


def faders(layout: Layout, track: str) -> list[int]:
    """Rows of a track's faders: stem parameters named ``gain`` whose minimum is silence."""
    return [
        row.index
        for row in layout.rows
        if row.track == track
        and row.stem != TRACK_BUS
        and row.parameter.name == "gain"
        and row.parameter.minimum == 0.0
    ]


def snapped(values: Tensor, layout: Layout) -> Tensor:
    """Values in range, those close to a stop or to neutral put there.

    Parameters
    ----------
    values : Tensor
        ``[..., frames, parameters]``.
    layout : Layout

    Returns
    -------
    Tensor
        Same shape; a new tensor.
    """
    low = values.new_tensor([row.parameter.minimum for row in layout.rows])
    high = values.new_tensor([row.parameter.maximum for row in layout.rows])
    neutral = values.new_tensor(layout.neutral)
    near = SNAP_FRACTION * (high - low)
    out = values.clamp(low, high)
    for stop in (low, high, neutral):
        out = torch.where((out - stop).abs() <= near, stop.expand_as(out), out)
    return out


def conform(values: Tensor, layout: Layout) -> Tensor:
    """Make drawn curves fit the contract: in range, snapped to stops and neutral, ends pinned.

    In the first frame A is neutral and B silent, in the last one A silent and B neutral: the
    faders of the silent track are closed, the rest of it stays as drawn. What rings, rings on.

    Parameters
    ----------
    values : Tensor
        ``[..., frames, parameters]``.
    layout : Layout

    Returns
    -------
    Tensor
        Same shape; a new tensor.

    Raises
    ------
    LayoutError
        If a track has no fader to silence it with.
    """
    low = values.new_tensor([row.parameter.minimum for row in layout.rows])
    neutral = values.new_tensor(layout.neutral)
    out = snapped(values, layout)
    for frame, silent in ((0, "b"), (-1, "a")):
        rows = faders(layout, silent)
        if not rows:
            raise LayoutError(
                f"Track {silent} has no fader: a stem effect needs a parameter named 'gain' "
                "with minimum 0, or the transition cannot begin and end silent."
            )
        heard = [row.index for row in layout.rows if row.track != silent]
        out[..., frame, heard] = neutral[heard]
        out[..., frame, rows] = low[rows]
    return out
