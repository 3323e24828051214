"""Encoders: turn a request into conditioning for the denoiser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec

if TYPE_CHECKING:
    from torch import Tensor

    from djtrans.core.curves.request import CurveRequest
    from djtrans.core.track.stems import Stems


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

    def encode(self, request: CurveRequest) -> Conditioning | None:
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


@attrs.frozen(kw_only=True)
class EncoderDeclaration(Declaration):
    """A conditioning encoder.

    Attributes
    ----------
    extractor : str or callable, optional
        Factory of a feature extractor, called with the encoder's config, where the encoder needs
        more than every request holds (:class:`~djtrans.core.track.features.TrackFeatures`). Its
        arrays are in their `extra`.
    """

    kind: ClassVar[str] = "encoder"
    contract: ClassVar[type | None] = Encoder

    extractor: str | Callable[[Any], Any] | None = None


@hookspec
def djtrans_encoders() -> Iterable[EncoderDeclaration]:  # type: ignore[empty-body]
    """Register conditioning encoders.

    Returns
    -------
    iterable of EncoderDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class EncoderPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_encoders(self):
    ...         yield djtrans.EncoderDeclaration(
    ...             name="lyrics",
    ...             summary="Encode the lyrics that lie in the window.",
    ...             factory="mylab_djtrans.lyrics:LyricsEncoder",
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(EncoderPlugin(), "mylab")
    >>> registry.encoders.find("lyrics").name
    'mylab/lyrics'
    """
