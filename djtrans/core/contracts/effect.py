"""Effects: differentiable nodes of the mixer."""

from __future__ import annotations

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


@attrs.frozen(eq=False)
class RenderContext:
    """What every effect may know about the render.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    beat_times : Tensor
        ``[beats]`` float64, seconds from the first sample of the window, increasing; at least two.
        Beyond its ends the tempo of the first and last beat goes on.
    frame_times : Tensor
        ``[frames]`` float64, seconds, increasing.
    seed : int
        Seed of whatever is random.
    """

    sample_rate: int
    beat_times: Tensor
    frame_times: Tensor
    seed: int = 0


@runtime_checkable
class SpectralEffect(Protocol):
    """An effect that is a real, non-negative gain for each frequency."""

    def mask(self, curves: Mapping[str, Tensor], freqs_hz: Tensor, ctx: RenderContext) -> Tensor:
        """Linear gain per STFT frame and frequency.

        Parameters
        ----------
        curves : mapping of str to Tensor
            ``[batch, frames]`` for each of its parameters.
        freqs_hz : Tensor
            ``[bins]``.
        ctx : RenderContext

        Returns
        -------
        Tensor
            ``[batch, frames, bins]`` (or ``[batch, frames, 1]``), at least 0, exactly 1 at neutral,
            with a gradient that is finite everywhere, 0 included.
        """
        ...


@runtime_checkable
class TimeEffect(Protocol):
    """An effect that maps audio to audio and remembers.

    Any chunking of the audio gives what one call gives, within 1e-5. State is a value: ``process``
    returns a new one and leaves the old one as it was.
    """

    def latency_samples(self, ctx: RenderContext) -> int:
        """Delay of the output against the input; the mixer compensates it."""
        ...

    def tail_seconds(self, ctx: RenderContext) -> float:
        """How long it sounds on after its input ends (to -60 dB)."""
        ...

    def init_state(self, batch: int, channels: int, ctx: RenderContext) -> Any:
        """State at the first sample of the window."""
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
        state : object
            What :meth:`init_state` or the last call returned.

        Returns
        -------
        audio : Tensor
            ``[batch, channels, samples]``: the processed signal of an insert, or what a send adds.
        state : object
        """
        ...


@attrs.frozen(kw_only=True)
class EffectDeclaration(Declaration):
    """An effect: a node of the mixer.

    Attributes
    ----------
    domain : {"spectral", "time"}
        Which contract the component fulfils:
        :class:`~djtrans.core.contracts.effect.SpectralEffect` or
        :class:`~djtrans.core.contracts.effect.TimeEffect`.
    routing : {"insert", "send"}
        An insert returns the processed signal. A send (time domain, on a bus) is fed the signal of
        the bus and returns only what is to be *added* to it; neighbouring sends are fed the same
        signal, as on a mixing desk.
    placements : tuple of {"stem", "track", "master"}
        Where it may stand.
    parameters : tuple of Parameter, or callable
        What can be automated; a callable derives it from the config.
    """

    kind: ClassVar[str] = "effect"

    domain: str = attrs.field(validator=one_of("spectral", "time"))
    placements: tuple[str, ...] = attrs.field(converter=as_tuple)
    parameters: tuple[Parameter, ...] | Callable[[Any], tuple[Parameter, ...]]
    routing: str = attrs.field(default="insert", validator=one_of("insert", "send"))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        label = f"{type(self).__name__}(name={self.name!r})"
        if not self.placements or not set(self.placements) <= set(PLACEMENTS):
            raise ConfigError(f"{label}: placements must be among {', '.join(PLACEMENTS)}.")
        if self.routing == "send" and (self.domain == "spectral" or "stem" in self.placements):
            raise ConfigError(f"{label}: a send is a time effect on the track or master bus.")
        names = [p.name for p in self.parameters_of(self.config())]
        if len(set(names)) != len(names):
            raise ConfigError(f"{label}: a parameter name stands twice: {names}.")

    def parameters_of(self, config: Any) -> tuple[Parameter, ...]:
        """The parameters under a given config."""
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
