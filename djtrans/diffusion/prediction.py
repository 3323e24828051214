r"""Prediction types of denoisers (velocity, noise, clean) and conversion to clean curves.

The input of every denoiser is :math:`z = x / (\alpha + \sigma)` and the noise fraction
:math:`t = \sigma / (\alpha + \sigma)`, so for every schedule,

.. math:: z = (1 - t)\, \mathrm{clean} + t\, \mathrm{noise}.

These are the coordinates of rectified flow; velocity is :math:`dz/dt = \mathrm{noise} -
\mathrm{clean}` (and not the v-prediction of variance-preserving diffusion).
"""

from __future__ import annotations

from typing import overload

from torch import Tensor

from djtrans.core.contracts.denoiser import PREDICTIONS
from djtrans.core.errors import InputError, did_you_mean

#: Highest noise fraction at which a noise prediction is evaluated: the clean curves follow from it
#: by division by 1 - t, which is singular at t = 1. DDPM's schedule ends at 0.9937.
NOISIEST_NOISE_PREDICTION = 0.995


@overload
def clamp_noise_fraction(prediction: str, noise_fraction: float) -> float: ...
@overload
def clamp_noise_fraction(prediction: str, noise_fraction: Tensor) -> Tensor: ...
def clamp_noise_fraction(prediction: str, noise_fraction: float | Tensor) -> float | Tensor:
    """Limit the noise fraction of noise predictions to :data:`NOISIEST_NOISE_PREDICTION`.

    Other predictions are defined at all noise fractions, which are returned unchanged.
    """
    if prediction != "noise":
        return noise_fraction
    if isinstance(noise_fraction, Tensor):
        return noise_fraction.clamp(max=NOISIEST_NOISE_PREDICTION)
    return min(noise_fraction, NOISIEST_NOISE_PREDICTION)


def to_clean(prediction: str, output: Tensor, z: Tensor, t: float | Tensor) -> Tensor:
    """Convert the output of a denoiser to clean curves.

    Parameters
    ----------
    prediction : {"velocity", "noise", "clean"}
        Type of the output.
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
    """Compute the training target of a prediction type from clean curves and noise."""
    check_prediction(prediction)
    return {"velocity": noise - clean, "noise": noise, "clean": clean}[prediction]


def check_prediction(prediction: str) -> None:
    """Raise an :class:`InputError` if the prediction type is unknown."""
    if prediction not in PREDICTIONS:
        raise InputError(
            f"There is no prediction {prediction!r}. {did_you_mean(prediction, PREDICTIONS)}"
        )
