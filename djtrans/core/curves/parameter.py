"""Automatable parameter of an effect."""

from __future__ import annotations

import re

import attrs

from djtrans.core.errors import ConfigError

#: Interpolation between two frames. ``late``: a jump of half the range or more within one frame
#: is a short ramp just before the later frame, so that a cut on a downbeat is sharp.
EDGES = ("linear", "late")
#: Scale of a value.
CURVES = ("linear", "gain", "frequency")
#: Most frames that curves are resampled to.
MOST_FRAMES = 1_000_000

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@attrs.frozen(kw_only=True)
class Parameter:
    """Time-varying parameter that an effect declares.

    Attributes
    ----------
    name : str
        Lower-case identifier, unique within the effect.
    minimum, maximum : float
        Inclusive range.
    neutral : float
        Value at which the effect changes nothing.
    unit : str
        Unit of the value, such as ``"linear gain"`` or ``"normalized cutoff"``.
    curve : {"linear", "gain", "frequency"}
        Scale of the value: linear; a linear gain, displayed in dB; a cutoff of ``20 * 1000**x`` Hz.
    edge : {"linear", "late"}
        Interpolation between frames, see :data:`EDGES`.
    summary : str
        Description in one sentence.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.Parameter(name="gain", maximum=2.0, neutral=1.0, curve="gain").span
    2.0

    See Also
    --------
    djtrans.EffectDeclaration : Declaration of the effect that has the parameter.
    """

    name: str
    minimum: float = 0.0
    maximum: float = 1.0
    neutral: float = 0.0
    unit: str = ""
    curve: str = "linear"
    edge: str = "linear"
    summary: str = ""

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"Parameter name {self.name!r} is not allowed; use lower-case letters, digits "
                "and underscores, a letter first."
            )
        if not self.minimum < self.maximum:
            raise ConfigError(
                f"Parameter {self.name!r} has the range {self.minimum} to {self.maximum}; "
                "the minimum must be below the maximum."
            )
        if not self.minimum <= self.neutral <= self.maximum:
            raise ConfigError(
                f"Parameter {self.name!r} has neutral {self.neutral} outside its range "
                f"{self.minimum} to {self.maximum}."
            )
        if self.edge not in EDGES or self.curve not in CURVES:
            raise ConfigError(
                f"Parameter {self.name!r} has edge {self.edge!r} and curve {self.curve!r}; "
                f"allowed are {', '.join(EDGES)} and {', '.join(CURVES)}."
            )

    @property
    def span(self) -> float:
        """Width of the range."""
        return self.maximum - self.minimum
