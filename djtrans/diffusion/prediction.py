r"""What a denoiser predicts, and the clean curves that follow from it.

Every denoiser sees :math:`z = x / (\alpha + \sigma)` and the noise fraction
:math:`t = \sigma / (\alpha + \sigma)`, so whichever schedule `x` comes from,

.. math:: z = (1 - t)\, \mathrm{clean} + t\, \mathrm{noise}.

These are the coordinates of rectified flow; velocity is :math:`dz/dt = \mathrm{noise} -
\mathrm{clean}` (and not the v-prediction of variance-preserving diffusion).
"""

from __future__ import annotations

from typing import overload

from torch import Tensor

from djtrans.core.contracts.denoiser import PREDICTIONS
from djtrans.core.errors import InputError, did_you_mean

#: At t = 1 a noise prediction says nothing of the clean curves: they are divided by 1 - t. Such a
#: denoiser is asked no nearer to it than this. DDPM's own schedule ends at 0.9937.
NOISIEST_NOISE_PREDICTION = 0.995


@overload
def clamp_noise_fraction(prediction: str, noise_fraction: float) -> float: ...
@overload
def clamp_noise_fraction(prediction: str, noise_fraction: Tensor) -> Tensor: ...
def clamp_noise_fraction(prediction: str, noise_fraction: float | Tensor) -> float | Tensor:
    """The noise fraction to ask a denoiser at, instead of `noise_fraction`.

    The same, but for noise predictions at almost nothing but noise, where no more than
    :data:`NOISIEST_NOISE_PREDICTION` is asked: the input is noise in both cases.
    """
    if prediction != "noise":
        return noise_fraction
    if isinstance(noise_fraction, Tensor):
        return noise_fraction.clamp(max=NOISIEST_NOISE_PREDICTION)
    return min(noise_fraction, NOISIEST_NOISE_PREDICTION)


def to_clean(prediction: str, output: Tensor, z: Tensor, t: float | Tensor) -> Tensor:
    """The clean curves that an output means.

    Parameters
    ----------
    prediction : {"velocity", "noise", "clean"}
        What the output is.
    output, z : Tensor
        ``[batch, frames, parameters]``.
    t : float or Tensor
        Noise fraction, 0 to 1, broadcast against `z`; below 1 for a noise prediction
        (see :func:`clamp_noise_fraction`).
    """
    check_prediction(prediction)
    if prediction == "velocity":
        return z - t * output
    if prediction == "noise":
        return (z - t * output) / (1.0 - t)
    return output


def target_of(prediction: str, clean: Tensor, noise: Tensor) -> Tensor:
    """What a denoiser of this prediction is to say, given the clean curves and the noise."""
    check_prediction(prediction)
    return {"velocity": noise - clean, "noise": noise, "clean": clean}[prediction]


def check_prediction(prediction: str) -> None:
    """Raise an :class:`InputError` if there is no such prediction."""
    if prediction not in PREDICTIONS:
        raise InputError(
            f"There is no prediction {prediction!r}. {did_you_mean(prediction, PREDICTIONS)}"
        )
