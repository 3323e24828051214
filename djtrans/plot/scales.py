"""Vertical axes of parameters: decibels, hertz or the parameter's own unit."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import amplitude_to_db, db_to_amplitude
from djtrans.core.curves.parameter import Parameter
from djtrans.report.wording import OFF_DB


@attrs.frozen(eq=False)
class Scale:
    """A vertical axis.

    Attributes
    ----------
    unit : str
    limits : tuple of float
        Bottom and top.
    ticks : tuple of (float, str)
        Positions and labels.
    logarithmic : bool
    """

    unit: str
    limits: tuple[float, float]
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False


def cutoff_hz(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert a normalized cutoff to Hz, ``20 * 1000**x``."""
    return np.asarray(20.0 * 1000.0**x)


def gain_db(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert a linear gain to dB, at least :data:`OFF_DB`."""
    return amplitude_to_db(gain, amin=db_to_amplitude(OFF_DB))


def read(parameter: Parameter, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert values to the unit of the parameter's axis."""
    if parameter.curve == "gain":
        return gain_db(values)
    if parameter.curve == "frequency":
        return cutoff_hz(values)
    return values


def axis_heights(parameter: Parameter, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert values to heights on the parameter's axis: 0 at its bottom, 1 at its top."""
    scale, shown = scale_of(parameter), read(parameter, values)
    limits = np.array(scale.limits)
    if scale.logarithmic:
        shown, limits = np.log(shown), np.log(limits)
    return np.asarray((shown - limits[0]) / (limits[1] - limits[0]))


def scale_of(parameter: Parameter) -> Scale:
    """Return the vertical axis of a parameter."""
    low, high = parameter.minimum, parameter.maximum
    if parameter.curve == "gain":
        top = float(gain_db(np.array(high)))
        marks = [db for db in (-40.0, -20.0, 0.0) if db <= top + 0.1]
        return Scale(
            "dB",
            (OFF_DB - 4.0, max(top, 0.0) + 4.0),
            ((OFF_DB, "off"), *((db, f"{db:.0f}".replace("-", "−")) for db in marks)),
        )
    if parameter.curve == "frequency":
        bottom, top = (float(cutoff_hz(np.array(x))) for x in (low, high))
        marks = [hz for hz in (20.0, 200.0, 2000.0, 20000.0) if bottom <= hz <= top * 1.001]
        names = tuple((hz, f"{hz:.0f}" if hz < 1000 else f"{hz / 1000:.0f}k") for hz in marks)
        return Scale("Hz", (bottom / 1.35, top * 1.35), names, logarithmic=True)
    pad = 0.07 * parameter.span
    ticks = tuple((v, f"{v:.3g}".replace("-", "−")) for v in (low, (low + high) / 2, high))
    return Scale(
        "" if parameter.unit == "fraction" else parameter.unit, (low - pad, high + pad), ticks
    )
