"""What each kind of component must be able to do. Protocols: there is no base class to inherit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import attrs

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from djtrans.core.curves.request import DrawRequest
    from djtrans.core.track.analysis import Analysis
    from djtrans.core.track.stems import Stems
    from djtrans.core.track.tracklist import Tracklist

#: Told how much of a step is done, 0 to 1.
Progress: TypeAlias = "Callable[[float], None]"


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


@runtime_checkable
class Separator(Protocol):
    """Splits a mix into stems."""

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: Progress | None = None,
    ) -> Tensor:
        """Stems of `audio`.

        Parameters
        ----------
        audio : Tensor
            ``[channels, samples]`` float32.
        sample_rate : int
            In Hz; the declared one if it declares one.
        start_seconds : float
            Where in the track the audio starts; matters to separators that read ready stems.
        progress : callable, optional

        Returns
        -------
        Tensor
            ``[stems, channels, samples]`` in the declared order. They need not sum to the input:
            djtrans puts the residual into ``other``.
        """
        ...


@runtime_checkable
class TrainedSeparator(Separator, Protocol):
    """A separator whose weights may have to be fetched before it can work."""

    def fetch(self, progress: Progress | None = None) -> str:
        """See to it that the weights are on this machine; called before any work begins.

        Parameters
        ----------
        progress : callable, optional
            Told the fraction that is downloaded; not called where nothing is.

        Returns
        -------
        str
            Digest of the weights: other weights, another digest.

        Raises
        ------
        SeparationError
            If they cannot be had; says how to get them.
        """
        ...


@runtime_checkable
class Analyzer(Protocol):
    """Listens to a track."""

    def analyze(
        self, audio: Tensor, sample_rate: int, progress: Progress | None = None
    ) -> Analysis:
        """Analysis of a whole track, ``audio [channels, samples]``."""
        ...


@runtime_checkable
class CurveModel(Protocol):
    """Draws the curves of a transition: a technique, or a trained model."""

    def draw(self, request: DrawRequest) -> Tensor:
        """Curves ``[frames, parameters]`` for the layout, frames and plan of the request."""
        ...


#: A technique is a rule-based curve model.
Technique = CurveModel


@attrs.frozen
class Level:
    """A noise level: ``x = alpha * clean + sigma * noise``, with `noise` of unit variance.

    Attributes
    ----------
    alpha, sigma : float
        At least 0, not both 0. Rectified flow keeps their sum at 1, the diffusion of DDPM the sum
        of their squares.
    """

    alpha: float
    sigma: float

    @property
    def scale(self) -> float:
        """``alpha + sigma``: a denoiser sees ``x / scale``."""
        return self.alpha + self.sigma

    @property
    def noise_fraction(self) -> float:
        """``sigma / (alpha + sigma)``: what a denoiser is told, 0 (clean) to 1 (all noise)."""
        return self.sigma / self.scale


@runtime_checkable
class Scheduler(Protocol):
    """A noise schedule and its solver: pure functions of levels, no state in the object."""

    def levels(self, steps: int) -> tuple[Level, ...]:
        """``steps + 1`` levels from noise to clean; the last is ``Level(1, 0)``."""
        ...

    def step(
        self,
        x: Tensor,
        prediction: Tensor,
        level: Level,
        next_level: Level,
        history: tuple[Any, ...],
        generator: torch.Generator | None,
    ) -> tuple[Tensor, tuple[Any, ...]]:
        """One step from `level` to `next_level`.

        Parameters
        ----------
        x : Tensor
            ``[batch, frames, parameters]`` at `level`.
        prediction : Tensor
            The clean curves as the denoiser predicts them, clipped to [-1, 1]. Whatever a history
            keeps of a prediction, it keeps of this clipped one.
        level, next_level : Level
        history : tuple
            What the last step returned; empty at the first step, which is then of first order.
        generator : torch.Generator or None
            Source of randomness for schedulers that add noise
            (see :func:`djtrans.core.schedules.noise.normal_like`).

        Returns
        -------
        x_next : Tensor
        history : tuple
        """
        ...


@attrs.frozen(eq=False)
class Conditioning:
    """What a denoiser is told about the transition.

    Attributes
    ----------
    per_frame : Tensor
        ``[batch, frames, C]``.
    global_ : Tensor
        ``[batch, G]``.
    mask : Tensor or None
        ``[batch, frames]`` bool, False on the frames that fill a shorter transition up to the
        longest of the batch; None where there are none.
    """

    per_frame: Tensor
    global_: Tensor
    mask: Tensor | None = None


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


@runtime_checkable
class FeatureExtractor(Protocol):
    """Features of one track on the frames of a window; `name` and `version` are its cache key.

    A feature is local: extracting from a longer window gives the same on the frames of this one,
    but for a second at its ends. So a track is extracted once for all windows of a training set.
    For the same reason the stems are as loud as the track's file, without the trim of a plan.

    It is built wherever its encoder is, also in training on stored features: weights are best
    loaded at the first `extract`.
    """

    name: str
    version: int

    def extract(self, stems: Stems, frame_times: Tensor) -> Mapping[str, Tensor]:
        """Named arrays, each ``[frames, ...]``, for ``frame_times [frames]`` in seconds."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Turns a request, the features of both tracks in it, into conditioning."""

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Channels per frame and channels of the whole, for tracks of these stems."""
        ...

    def encode(self, request: DrawRequest) -> Conditioning | None:
        """Conditioning of one transition (batch 1); None where the request says nothing to it."""
        ...


@runtime_checkable
class TrainableEncoder(Encoder, Protocol):
    """An encoder that is a :class:`torch.nn.Module`, trained together with the denoiser.

    Its work is split: `encode` prepares the inputs of one transition on the CPU, where batches are
    made, and `forward` maps a batch of inputs to conditioning on the network's device. Gradients
    reach the parameters that `forward` uses.
    """

    def input_widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Channels per frame and global channels that `encode` returns for these stems."""
        ...

    def forward(self, inputs: Conditioning) -> Conditioning:
        """Map inputs to conditioning.

        Parameters
        ----------
        inputs : Conditioning
            ``[batch, frames, C_in]`` and ``[batch, G_in]``, as wide as :meth:`input_widths` says;
            zeros for a transition of which `encode` knew nothing.

        Returns
        -------
        Conditioning
            ``[batch, frames, C]`` and ``[batch, G]``, as wide as `widths` says. No row may depend
            on another one.
        """
        ...


@runtime_checkable
class TechniqueEncoder(Encoder, Protocol):
    """An encoder that can tell a model which technique is wished for."""

    def knows(self, technique: str) -> bool:
        """Whether it has a word for the technique of this qualified name."""
        ...


@runtime_checkable
class TracklistSource(Protocol):
    """Reads which tracks a mix is made of."""

    def read(self, source: str) -> Iterator[Tracklist]:
        """The tracklists that a source holds.

        Parameters
        ----------
        source : str
            A file, or the address of a page.

        Yields
        ------
        Tracklist
            One for each mix, at least one.

        Raises
        ------
        InputError
            If there is no such file.
        TracklistError
            If no tracklist can be read from it: never an empty one instead.
        RefusedError
            If a web site refuses.
        """
        ...


@runtime_checkable
class TracklistCatalogue(TracklistSource, Protocol):
    """A source that can also name the mixes of a genre."""

    def browse(self, genre: str) -> Iterator[str]:
        """Addresses that :meth:`TracklistSource.read` takes, newest first.

        Asked for one after the other: the next page of a catalogue is loaded when it is needed.

        Raises
        ------
        TracklistError, RefusedError
            As for :meth:`TracklistSource.read`.
        """
        ...
