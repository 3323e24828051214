"""Denoisers: networks that predict clean curves from noisy ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    import torch


#: What a denoiser's output may be.
PREDICTIONS = ("velocity", "noise", "clean")


@attrs.frozen
class DenoiserShape:
    """The widths that a denoiser's network is built for; its length is free.

    Attributes
    ----------
    parameters : int
        Columns of the curves: 54 under the default mixer.
    per_frame, global_ : int
        Channels of the conditioning; 0 where there is none.
    """

    parameters: int
    per_frame: int
    global_: int


@runtime_checkable
class Denoiser(Protocol):
    """An architecture: builds networks that predict what its declaration says.

    The config holds what a user chooses; the widths come with the mixer and the encoders, so the
    component is asked for a network when these are known.
    """

    def build(self, shape: DenoiserShape) -> torch.nn.Module:
        """A network with fresh weights.

        Returns
        -------
        torch.nn.Module
            Called as ``network(x, noise_fraction, conditioning)`` with

            - ``x``: ``x / (alpha + sigma)``, ``[batch, frames, parameters]`` for any number of
              frames, in training and after;
            - ``noise_fraction``: ``sigma / (alpha + sigma)``, ``[batch]``;
            - ``conditioning``: a :class:`Conditioning`. Frames outside its mask must not change
              the prediction on the others.

            Returns the prediction ``[batch, frames, parameters]``: the velocity
            ``noise - clean``, the noise, or the clean curves.
        """
        ...


@attrs.frozen(kw_only=True)
class DenoiserDeclaration(Declaration):
    """A network that predicts the clean curves from noisy ones.

    Attributes
    ----------
    prediction : {"velocity", "noise", "clean"}, or callable
        What its output is; a callable derives it from the config.
    """

    kind: ClassVar[str] = "denoiser"
    contract: ClassVar[type | None] = Denoiser

    prediction: str | Callable[[Any], str] = "velocity"

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        given = self.prediction_of(self.config())
        if given not in PREDICTIONS:
            raise ConfigError(
                f"{type(self).__name__}(name={self.name!r}): prediction {given!r}; "
                f"allowed: {', '.join(map(repr, PREDICTIONS))}."
            )

    def prediction_of(self, config: Any) -> str:
        """What the network predicts under a given config."""
        return self.prediction(config) if callable(self.prediction) else self.prediction


@hookspec
def djtrans_denoisers() -> Iterable[DenoiserDeclaration]:  # type: ignore[empty-body]
    """Register denoisers.

    Returns
    -------
    iterable of DenoiserDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class DenoiserPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_denoisers(self):
    ...         yield djtrans.DenoiserDeclaration(
    ...             name="mamba",
    ...             summary="A state-space model along the frames.",
    ...             factory="mylab_djtrans.mamba:Mamba",
    ...             prediction="velocity",
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(DenoiserPlugin(), "mylab")
    >>> registry.denoisers.find("mamba").declaration.prediction
    'velocity'
    """
