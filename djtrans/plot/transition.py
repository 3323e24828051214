"""The picture of a transition: both tracks, whose bass it is, and every curve that moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.curves import make_curves
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.metrics.arrays import as_audio
from djtrans.core.params import TransitionParams
from djtrans.plot import draw, page
from djtrans.plot.owners import bass_owners
from djtrans.plot.panels import make_panels
from djtrans.plot.theme import theme_named
from djtrans.plot.waveform import band_peaks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Columns of a waveform, and points of a curve, over the whole width.
COLUMNS = 1400
#: How much of what lies before and after is shown, as a part of the window, where there is audio.
CONTEXT = 1 / 8
OWNERS = ("a", "b", "both", "none")


@attrs.frozen(eq=False)
class Clock:
    """Reads seconds of the window as bars.

    Attributes
    ----------
    beat_times : ndarray
        ``[beats + 1]``, seconds from the start of the window.
    beats_per_bar : int
    """

    beat_times: NDArray[np.float64]
    beats_per_bar: int

    @property
    def bars(self) -> float:
        """Length of the window."""
        return (len(self.beat_times) - 1) / self.beats_per_bar

    def seconds(self, bars: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds at a position in bars; at the ends the tempo goes on."""
        position = np.asarray(bars, dtype=np.float64) * self.beats_per_bar
        t = self.beat_times
        last = len(t) - 1
        inside = np.interp(position, np.arange(last + 1), t)
        before, after = position * (t[1] - t[0]), (position - last) * (t[-1] - t[-2])
        return inside + np.minimum(before, 0.0) + np.maximum(after, 0.0)


def plot_transition(
    params: TransitionParams,
    *,
    a: Any = None,
    b: Any = None,
    sample_rate: int | None = None,
    start_seconds: float = 0.0,
    swap_beat: float | None = None,
    beats_per_bar: int = 4,
    owners: Sequence[str] | None = None,
    title: str = "",
    subtitle: str = "",
    names: tuple[str, str] = ("Track A", "Track B"),
    theme: str = "light",
) -> Figure:
    """Draw a transition.

    From the top: what each track contributes (low, mid and high band from the inside, dark to
    light), who owns the low end, and a panel for each parameter that moves. Gains are in dB,
    cutoffs in Hz. Curves that are the same on several stems are one line; what never moves is
    named at the bottom.

    Parameters
    ----------
    params : TransitionParams
        One transition (a batch axis of length 1 is accepted), for any layout.
    a, b : Tensor or ndarray, optional
        ``[channels, samples]``: what each track adds to the mix. Given both or neither.
    sample_rate : int, optional
        In Hz; needed with audio.
    start_seconds : float
        Where in the audio the window starts. What lies before and after is shown as context.
    swap_beat : float, optional
        Beat of the window on which the exchange ends; marked and labelled.
    beats_per_bar : int
    owners : sequence of {"a", "b", "both", "none"}, optional
        Owner of the low end on each beat of the window, as
        :attr:`~djtrans.core.metrics.BassOverlap.owners` measures it; if absent, as the curves say.
    title, subtitle : str
        Two lines above the picture.
    names : tuple of str
        What the tracks are called.
    theme : {"light", "dark"}

    Returns
    -------
    matplotlib.figure.Figure
        12 by 9 inches, higher where many curves move. Show it in a notebook, or write it with
        :func:`save_figure`.

    Raises
    ------
    InputError
        If the theme, an owner or the combination of arguments is not allowed.
    ShapeError
        If the curves or the audio have another shape than described.
    """
    from matplotlib.figure import Figure

    colours = theme_named(theme)
    params = _single(params)
    sound = _audio(a, b, sample_rate)
    clock = Clock(params.beat_times.detach().cpu().double().numpy(), beats_per_bar)
    clock = attrs.evolve(clock, beat_times=clock.beat_times - clock.beat_times[0])
    owner = _checked_owners(owners, params)
    around = _context(clock, sound, sample_rate, start_seconds)
    positions = np.linspace(-around, clock.bars + around, COLUMNS + 1)
    times = clock.seconds(positions)
    panels, still = make_panels(params.layout, _evaluate(params, times))

    slots = [page.Slot(name, page.WAVE) for name in ("a", "b") if sound]
    slots.append(page.Slot("owners", page.STRIP))
    for index, panel in enumerate(panels):
        slots.append(page.panel_slot(f"panel {index}", draw.legend_rows(panel)))
    height, heights = page.lay_out(slots)
    figure = Figure(figsize=(page.WIDTH, height), facecolor=colours.background)
    axes = page.add_rows(figure, slots, heights)

    if sound and sample_rate:
        seconds = times + start_seconds
        peaks = {track: band_peaks(sound[track], sample_rate, seconds) for track in sound}
        # One scale for both: what a track adds to the mix is what is shown.
        loudest = max(1e-6, *(float(peak.sum(axis=0).max()) for peak in peaks.values()))
        for (track, peak), name in zip(peaks.items(), names, strict=True):
            draw.wave(axes[track], colours, track, name, peak / loudest, positions)
    draw.owner_strip(axes["owners"], colours, owner, beats_per_bar)
    for index, panel in enumerate(panels):
        draw.panel(axes[f"panel {index}"], colours, panel, positions)
    rows = list(axes.values())
    for row in rows:
        draw.frame(row, colours, clock.bars, around)
    draw.bar_axis(rows[-1], colours, clock.bars)
    if swap_beat is not None:
        draw.swap_line(rows, colours, swap_beat / beats_per_bar)
    draw.words(figure, colours, title, subtitle, still)
    return figure


def _single(params: TransitionParams) -> TransitionParams:
    values = params.values
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2:
        raise ShapeError(
            f"The curves have shape {tuple(params.values.shape)}; draw one transition of the batch "
            "at a time."
        )
    return attrs.evolve(params, values=values)


def _audio(a: Any, b: Any, sample_rate: int | None) -> dict[str, NDArray[np.float64]]:
    if a is None and b is None:
        return {}
    if a is None or b is None or not sample_rate:
        raise InputError("To draw waveforms give a, b and sample_rate; or none of them.")
    return {"a": as_audio(a, "a"), "b": as_audio(b, "b")}


def _checked_owners(owners: Sequence[str] | None, params: TransitionParams) -> tuple[str, ...]:
    if owners is None:
        return bass_owners(params)
    beats = len(params.beat_times) - 1
    if len(owners) != beats or not set(owners) <= set(OWNERS):
        raise InputError(
            f"owners has {len(owners)} entries, of {sorted(set(owners))}; give one of "
            f"{', '.join(OWNERS)} for each of the {beats} beats."
        )
    return tuple(owners)


def _context(
    clock: Clock,
    sound: dict[str, NDArray[np.float64]],
    sample_rate: int | None,
    start_seconds: float,
) -> float:
    """Bars shown on either side: as much as the audio holds, up to a part of the window."""
    if not sound or not sample_rate:
        return 0.0
    length = min(audio.shape[-1] for audio in sound.values()) / sample_rate
    bar = clock.beat_times[-1] / clock.bars
    spare = min(start_seconds, length - start_seconds - clock.beat_times[-1]) / bar
    return float(np.clip(spare, 0.0, CONTEXT * clock.bars))


def _evaluate(params: TransitionParams, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curves as the mixer reads them, ``[points, parameters]``."""
    import torch

    start = float(params.beat_times[0])
    curves = make_curves(
        params.values.detach().cpu().double()[None],
        params.frame_times.detach().cpu().double() - start,
        [row.parameter for row in params.layout.rows],
    )
    return curves.at(torch.from_numpy(times))[0].T.numpy()
