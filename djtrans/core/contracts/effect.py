"""Effects: differentiable nodes of the mixer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration, one_of
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.contracts.mixer_spec import PLACEMENTS
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

#: Input of an effect: the other track at the same place.
OTHER = "other"
_INPUT = re.compile(r"(other/)?[a-z][a-z0-9_-]*")


@attrs.frozen(eq=False)
class RenderContext:
    """Context of a render, which every effect receives.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    beat_times : Tensor
        ``[beats]`` float64, seconds from the first sample of the window, increasing; at least two.
        The tempo of the first and last beat extends beyond its ends.
    frame_times : Tensor
        ``[frames]`` float64, seconds, increasing.
    seed : int
        Random seed.

    Examples
    --------
    >>> import djtrans, torch
    >>> beat_times = torch.arange(9, dtype=torch.float64) * 0.5
    >>> djtrans.RenderContext(44100, beat_times, frame_times=beat_times[:-1]).sample_rate
    44100

    See Also
    --------
    djtrans.apply_effect : Apply an effect to audio.
    """

    sample_rate: int
    beat_times: Tensor
    frame_times: Tensor
    seed: int = 0


@runtime_checkable
class SpectralEffect(Protocol):
    """Effect that is a real, non-negative gain per frequency."""

    def mask(self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
        """Compute the linear gain per STFT frame and frequency.

        Parameters
        ----------
        curves : mapping of str to Tensor
            ``[batch, frames]`` for each of its parameters.
        freqs_hz : Tensor
            ``[bins]``, frequencies of the bins in Hz.
        ctx : RenderContext
            Context of the render.

        Returns
        -------
        Tensor
            ``[batch, frames, bins]`` (or ``[batch, frames, 1]``), at least 0, exactly 1 at neutral,
            with a gradient that is finite everywhere, including at 0.
        """
        ...


@runtime_checkable
class TimeEffect(Protocol):
    """Effect that maps audio to audio, with a state.

    Processing in chunks of any length gives the same as one call, within 1e-5. ``process`` returns
    a new state and does not modify its input state.
    """

    def latency_samples(self, ctx: RenderContext) -> int:
        """Return the delay of the output in samples; the mixer compensates it."""
        ...

    def tail_seconds(self, ctx: RenderContext) -> float:
        """Return the length of the tail after the end of the input, to -60 dB, in seconds."""
        ...

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> Any:
        """Create the state at the first sample of the window."""
        ...

    def process(
        self, audio: Tensor, curves: Mapping[str, Tensor], ctx: RenderContext, state: Any
    ) -> tuple[Tensor, Any]:
        """Process the next samples.

        Parameters
        ----------
        audio : Tensor
            ``[batch, channels, samples]``.
        curves : mapping of str to Tensor
            ``[batch, samples]`` for each of its parameters.
        ctx : RenderContext
            Context of the render.
        state : object
            State returned by :meth:`init_state` or by the previous call.

        Returns
        -------
        audio : Tensor
            ``[batch, channels, samples]``: the processed signal of an insert, or the signal that a
            send adds.
        state : object
            State for the next call.
        """
        ...


@runtime_checkable
class KeyedEffect(Protocol):
    """Time effect that also receives other signals, such as the key of a compressor.

    Its declaration names them as `inputs`. Everything else is as in :class:`TimeEffect`.
    """

    def latency_samples(self, ctx: RenderContext) -> int:
        """Return the delay of the output in samples; the mixer compensates it."""
        ...

    def tail_seconds(self, ctx: RenderContext) -> float:
        """Return the length of the tail after the end of the input, to -60 dB, in seconds."""
        ...

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> Any:
        """Create the state at the first sample of the window."""
        ...

    def process(
        self,
        audio: Tensor,
        curves: Mapping[str, Tensor],
        ctx: RenderContext,
        state: Any,
        *,
        inputs: Mapping[str, Tensor],
    ) -> tuple[Tensor, Any]:
        """Process the next samples.

        Parameters
        ----------
        audio, curves, ctx, state
            As in :meth:`TimeEffect.process`.
        inputs : mapping of str to Tensor
            ``[batch, channels, samples]`` for each declared input: the same samples as `audio`.

        Returns
        -------
        audio : Tensor
            ``[batch, channels, samples]``.
        state : object
            State for the next call.
        """
        ...


@runtime_checkable
class PowerEffect(Protocol):
    """Time-domain effect that also predicts the power of its output.

    Optional: objectives then take the effect into account without rendering it.
    """

    def output_power(
        self,
        power: Tensor,
        curves: Mapping[str, Tensor],
        freqs_hz: Tensor,
        cell_times: Tensor,
        ctx: RenderContext,
    ) -> Tensor:
        """Predict the expected power of the output.

        Parameters
        ----------
        power : Tensor
            ``[batch, cells, bands]``: mean square of the input in each cell and band.
        curves : mapping of str to Tensor
            ``[batch, cells]`` for each of its parameters.
        freqs_hz : Tensor
            ``[bands]``: centres of the bands.
        cell_times : Tensor
            ``[cells + 1]`` float64: edges of the cells, in seconds from the start of the window.
        ctx : RenderContext
            Context of the render.

        Returns
        -------
        Tensor
            ``[batch, cells, bands]``: power of the processed signal of an insert, or of the signal
            that a send adds; differentiable in `power` and `curves`.
        """
        ...


@runtime_checkable
class PausableEffect(TimeEffect, Protocol):
    """Time effect that can be left out while it is fed silence.

    Optional: the mixer then skips it before it is used, and after its tail. Effects that stay
    neutral all the time are left out in any case.
    """

    def skip_silence(self, samples: int, ctx: RenderContext, state: Any) -> Any | None:
        """Advance the state over silent input.

        Parameters
        ----------
        samples : int
            Length of the silence.
        ctx : RenderContext
            Context of the render.
        state : object
            State returned by :meth:`TimeEffect.init_state`, by the previous call, or by
            :meth:`TimeEffect.process`.

        Returns
        -------
        object or None
            State that ``process`` returns after this silence, if its output is exactly silent;
            None if it is not, because a tail is left.
        """
        ...


@attrs.frozen(kw_only=True)
class EffectDeclaration(Declaration):
    """Declaration of an effect: a node of the mixer.

    Attributes
    ----------
    domain : {"spectral", "time"}
        Protocol of the component: :class:`~djtrans.core.contracts.effect.SpectralEffect` or
        :class:`~djtrans.core.contracts.effect.TimeEffect`; with `inputs`
        :class:`~djtrans.core.contracts.effect.KeyedEffect`.
    routing : {"insert", "send"}
        An insert returns the processed signal. A send (time domain, on a bus) is fed the signal of
        the bus and returns only the signal to *add* to it; adjacent sends are fed the same signal,
        as on a mixing desk.
    placements : tuple of {"stem", "track", "master"}
        Chains in which it can be used.
    parameters : tuple of Parameter, or callable
        Automatable parameters; a callable derives them from the config.
    bypassed_by : tuple of str
        Parameters that bypass the effect while they are neutral, whatever the others are, such as
        the level of a send. By default all of them together.
    inputs : tuple of str
        Further signals that the effect receives (a sidechain), in the time domain, in stem and
        track chains: ``"other"`` is the other track at the same place of the chain, ``"drums"`` or
        another stem name that stem of the own track, ``"other/drums"`` that of the other track.
        Stems are those of the stem chain's end; for a node in the stem chain, those at its input.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.EffectDeclaration(
    ...     name="mute",
    ...     summary="Fade a stem out.",
    ...     factory="mylab.mute:Mute",
    ...     domain="spectral",
    ...     placements=("stem",),
    ...     parameters=(djtrans.Parameter(name="amount"),),
    ... )
    >>> declaration.routing
    'insert'

    See Also
    --------
    djtrans.Parameter : Automatable parameter.
    djtrans.MixerSpec : Mixer that effects are assembled to.
    """

    kind: ClassVar[str] = "effect"

    domain: str = attrs.field(validator=one_of("spectral", "time"))
    placements: tuple[str, ...] = attrs.field(converter=as_tuple)
    parameters: tuple[Parameter, ...] | Callable[[Any], tuple[Parameter, ...]]
    routing: str = attrs.field(default="insert", validator=one_of("insert", "send"))
    bypassed_by: tuple[str, ...] = attrs.field(converter=as_tuple, default=())
    inputs: tuple[str, ...] = attrs.field(converter=as_tuple, default=())

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        label = f"{type(self).__name__}(name={self.name!r})"
        if not self.placements or not set(self.placements) <= set(PLACEMENTS):
            raise ConfigError(
                f"{label}: placements {self.placements!r}; give one or more of "
                f"{', '.join(PLACEMENTS)}."
            )
        if self.routing == "send" and (self.domain == "spectral" or "stem" in self.placements):
            raise ConfigError(
                f"{label}: a send must be a time effect on the track or master bus; change its "
                "domain or placements, or declare routing='insert'."
            )
        if self.inputs and (self.domain != "time" or "master" in self.placements):
            raise ConfigError(
                f"{label}: inputs {self.inputs!r} need the time domain, and the stem or track "
                "chain; change the domain or the placements."
            )
        if not all(map(_INPUT.fullmatch, self.inputs)) or len(set(self.inputs)) != len(self.inputs):
            raise ConfigError(
                f"{label}: inputs {self.inputs!r}; give 'other', stem names such as 'drums', or "
                "'other/drums', each once."
            )
        names = [p.name for p in self.parameters_of(self.config())]
        if len(set(names)) != len(names):
            raise ConfigError(f"{label}: parameter names must be unique, got {names}.")
        if not set(self.bypassed_by) <= set(names):
            raise ConfigError(
                f"{label}: bypassed_by {self.bypassed_by!r}; name parameters of the effect, "
                f"{', '.join(names) or 'which has none'}."
            )

    @property
    def stem_inputs(self) -> tuple[str, ...]:
        """Stems that are among the inputs, of either track."""
        return tuple(name.removeprefix("other/") for name in self.inputs if name != OTHER)

    def parameters_of(self, config: Any) -> tuple[Parameter, ...]:
        """Return the parameters for a config."""
        declared = self.parameters(config) if callable(self.parameters) else self.parameters
        return tuple(declared)


@hookspec
def djtrans_effects() -> Iterable[EffectDeclaration]:  # type: ignore[empty-body]
    """Register effects: differentiable nodes of the mixer.

    Returns
    -------
    iterable of EffectDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class Mute:
    ...     def __init__(self, config): ...
    ...     def mask(self, curves, freqs_hz, ctx):
    ...         return 1.0 - curves["amount"][..., None]
    >>> class MutePlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_effects(self):
    ...         yield djtrans.EffectDeclaration(
    ...             name="mute",
    ...             summary="Fade a stem out.",
    ...             factory=Mute,
    ...             domain="spectral",
    ...             placements=("stem", "track"),
    ...             parameters=(djtrans.Parameter(name="amount"),),
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(MutePlugin(), "example")
    >>> registry.effects.find("mute").name
    'example/mute'
    """
