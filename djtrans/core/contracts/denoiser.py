"""Denoisers: networks that predict clean curves from noisy ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    import torch


#: Predictions of denoisers.
PREDICTIONS = ("velocity", "noise", "clean")


@attrs.frozen
class DenoiserShape:
    """Widths of a denoiser's network; the number of frames is arbitrary.

    Attributes
    ----------
    parameters : int
        Columns of the curves: 54 for the default mixer.
    per_frame, global_ : int
        Channels of the conditioning per frame and per transition; 0 if there is none.

    Examples
    --------
    >>> from djtrans.core import DenoiserShape
    >>> DenoiserShape(parameters=54, per_frame=64, global_=16).parameters
    54
    """

    parameters: int
    per_frame: int
    global_: int


@runtime_checkable
class Denoiser(Protocol):
    """Denoiser architecture, from which networks are built.

    The config has the user's choices. The widths depend on the mixer and the encoders, so the
    network is built when these are known.
    """

    def build(self, shape: DenoiserShape) -> torch.nn.Module:
        """Build a network with newly initialized weights.

        Parameters
        ----------
        shape : DenoiserShape
            Widths of the network.

        Returns
        -------
        torch.nn.Module
            Called as ``network(x, noise_fraction, conditioning)`` with

            - ``x``: ``x / (alpha + sigma)``, ``[batch, frames, parameters]`` for any number of
              frames;
            - ``noise_fraction``: ``sigma / (alpha + sigma)``, ``[batch]``;
            - ``conditioning``: a :class:`Conditioning`. Frames outside its mask must not change
              the prediction on the others.

            Returns the prediction ``[batch, frames, parameters]``: the velocity
            ``noise - clean``, the noise, or the clean curves.
        """
        ...


@runtime_checkable
class ChannelInputs(Protocol):
    """Network of a denoiser that declares its input layers; optional.

    Another model may have other conditioning channels. With this declaration its weights can be
    copied channel by channel (``djtrans train --init-from``).

    Attributes
    ----------
    input_layers : mapping of str to sequence
        Layers whose weight ``[outputs, inputs, ...]`` has one input for each channel, by their
        names in the network. The inputs in order, as groups: names of fields of
        :class:`DenoiserShape`, or numbers of channels that do not depend on it.

    Examples
    --------
    >>> import torch
    >>> from djtrans.core.contracts.denoiser import ChannelInputs
    >>> class Network(torch.nn.Module):
    ...     input_layers = {"enter": ("parameters", "per_frame"), "whole": ("global_",)}
    >>> isinstance(Network(), ChannelInputs)
    True
    """

    input_layers: Mapping[str, Sequence[str | int]]


@attrs.frozen(kw_only=True)
class DenoiserDeclaration(Declaration):
    """Declaration of a denoiser.

    Attributes
    ----------
    prediction : {"velocity", "noise", "clean"}, or callable
        Output of its networks; a callable derives it from the config.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.DenoiserDeclaration(
    ...     name="mamba", summary="A state-space model.", factory="mylab.mamba:Mamba"
    ... )
    >>> declaration.prediction
    'velocity'

    See Also
    --------
    djtrans.SchedulerDeclaration : Declaration of the noise schedule and solver.
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
        """Return the prediction of the networks for a config."""
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
