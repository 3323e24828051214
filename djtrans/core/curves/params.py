"""Parameter curves of a transition: a value of each parameter at each frame."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.mixer_spec import TRACK_BUS
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.parameter import MOST_FRAMES
from djtrans.core.errors import LayoutError, ShapeError

#: Distance from the minimum, maximum or neutral, as a fraction of the range, within which a value
#: is snapped to it: a fader at 0.01 would still be audible at -40 dB.
SNAP_FRACTION = 0.02


@attrs.frozen(eq=False)
class TransitionParams:
    """Parameter curves on the frames of a transition's timeline.

    Attributes
    ----------
    values : Tensor
        ``[..., frames, parameters]``, each in the unit of its parameter.
    layout : Layout
        Parameters of the last axis.
    frame_times : Tensor
        ``[frames]`` float64, seconds from the start of the window.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds: the timeline, including the end of the window.
    frames_per_beat : float
        Frame ``i`` is at beat ``i / frames_per_beat``; an integer unless the curves were resampled.

    Examples
    --------
    >>> import djtrans, torch
    >>> layout = djtrans.mixer_layout("dj54")
    >>> beat_times = torch.arange(17, dtype=torch.float64) * 0.5
    >>> params = djtrans.TransitionParams(
    ...     values=torch.tensor(layout.neutral).expand(32, -1),
    ...     layout=layout,
    ...     frame_times=torch.arange(32, dtype=torch.float64) * 0.25,
    ...     beat_times=beat_times,
    ... )
    >>> params.row("a/drums/fader/gain").shape
    torch.Size([32])

    See Also
    --------
    djtrans.render : Render curves to audio.
    """

    values: Tensor
    layout: Layout
    frame_times: Tensor
    beat_times: Tensor
    frames_per_beat: float = 2

    def __attrs_post_init__(self) -> None:
        shape = tuple(self.values.shape)
        expected = (len(self.frame_times), len(self.layout))
        if len(shape) < 2 or shape[-2:] != expected:
            raise ShapeError(
                f"Parameter values have shape {shape}; expected [..., {expected[0]} frames, "
                f"{expected[1]} parameters] for these frame times and this layout."
            )

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.values.shape[-2])

    def row(self, key: str) -> Tensor:
        """Return the curve of one parameter, ``[..., frames]``."""
        return self.values[..., self.layout.index(key)]

    def to(self, device: str | torch.device) -> TransitionParams:
        """Move the values to another device; the times stay on theirs."""
        return attrs.evolve(self, values=self.values.to(device))

    def delayed(self, seconds: float) -> TransitionParams:
        """Add `seconds` to all frame and beat times."""
        return attrs.evolve(
            self,
            frame_times=self.frame_times + seconds,
            beat_times=self.beat_times + seconds,
        )

    def resampled(self, n_frames: int) -> TransitionParams:
        """Resample the curves to another number of frames over the same window."""
        if n_frames == self.n_frames:
            return self
        if not 2 <= n_frames <= MOST_FRAMES:
            raise ShapeError(
                f"n_frames = {n_frames}: give at least 2, the first and the last, and at most "
                f"{MOST_FRAMES}."
            )
        position = torch.arange(n_frames, dtype=torch.float64) * (self.n_frames / n_frames)
        # The last frame keeps the last value, in which the faders of track A are closed.
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
    """Compute the times of frames on a beat grid.

    Parameters
    ----------
    beat_times : Tensor
        ``[beats]`` float64, seconds; must extend to the last frame's beat.
    n_frames : int
        Number of frames.
    frames_per_beat : float
        Frames per beat.

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
    """Return the rows of a track's faders: stem parameters named ``gain`` with minimum 0."""
    return [
        row.index
        for row in layout.rows
        if row.track == track
        and row.stem != TRACK_BUS
        and row.parameter.name == "gain"
        and row.parameter.minimum == 0.0
    ]


def snapped(values: Tensor, layout: Layout) -> Tensor:
    """Clamp values to their ranges and snap them to minimum, maximum and neutral.

    Parameters
    ----------
    values : Tensor
        ``[..., frames, parameters]``.
    layout : Layout
        Parameters of the last axis.

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
    """Make generated curves valid: in range, snapped, with fixed first and last frames.

    In the first frame A is neutral and B silent, in the last frame A is silent and B neutral. The
    faders of the silent track are closed and its other parameters kept, so that echoes and reverb
    tails decay naturally.

    Parameters
    ----------
    values : Tensor
        ``[..., frames, parameters]``.
    layout : Layout
        Parameters of the last axis.

    Returns
    -------
    Tensor
        Same shape; a new tensor.

    Raises
    ------
    LayoutError
        If a track has no fader.
    """
    low = values.new_tensor([row.parameter.minimum for row in layout.rows])
    neutral = values.new_tensor(layout.neutral)
    out = snapped(values, layout)
    for frame, silent in ((0, "b"), (-1, "a")):
        rows = faders(layout, silent)
        if not rows:
            raise LayoutError(
                f"Track {silent} has no fader: a stem effect needs a parameter named 'gain' "
                "with minimum 0, so that the transition can start and end with one track only."
            )
        others = [row.index for row in layout.rows if row.track != silent]
        out[..., frame, others] = neutral[others]
        out[..., frame, rows] = low[rows]
    return out
