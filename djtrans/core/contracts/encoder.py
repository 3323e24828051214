"""Encoders: turn a request into conditioning for the denoiser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    """Conditioning of a denoiser.

    Attributes
    ----------
    per_frame : Tensor
        ``[batch, frames, channels]``, features of each frame.
    global_ : Tensor
        ``[batch, channels]``, features of the whole transition.
    mask : Tensor or None
        ``[batch, frames]`` bool, False on padding frames of transitions shorter than the longest
        of the batch; None without padding.

    Examples
    --------
    >>> import torch
    >>> from djtrans.core import Conditioning
    >>> conditioning = Conditioning(torch.zeros(1, 64, 8), torch.zeros(1, 0))
    >>> conditioning.per_frame.shape
    torch.Size([1, 64, 8])
    """

    per_frame: Tensor
    global_: Tensor
    mask: Tensor | None = None


@runtime_checkable
class FeatureExtractor(Protocol):
    """Extractor of features of a track on the frames of a window.

    Features must be local: a longer window gives the same features on the frames of a shorter one,
    except for a second at its ends. A track is therefore extracted once for all windows of a
    training set. `name` and `version` identify the features in caches.
    For the same reason the stems have the level of the track's file, without the gain of a plan.

    An extractor is built whenever its encoder is, also in training on stored features: load
    weights at the first `extract`.
    """

    name: str
    version: int

    def extract(self, stems: Stems, frame_times: Tensor) -> Mapping[str, Tensor]:
        """Extract features.

        Parameters
        ----------
        stems : Stems
            Stems of the track.
        frame_times : Tensor
            ``[frames]`` float64, seconds.

        Returns
        -------
        mapping of str to Tensor
            Features by name, each ``[frames, ...]``.
        """
        ...


@runtime_checkable
class Encoder(Protocol):
    """Encoder of requests, including the features of both tracks, to conditioning."""

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Return the numbers of per-frame and global channels for tracks with these stems."""
        ...

    def encode(self, request: CurveRequest) -> Conditioning | None:
        """Encode one transition (batch 1); return None if the request lacks what is encoded."""
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
    """Encoder of the technique of a request."""

    def knows(self, technique: str) -> bool:
        """Return True if the technique of this qualified name is in the encoder's vocabulary."""
        ...


@runtime_checkable
class NamedChannels(Protocol):
    """Encoder that names its channels; optional.

    Channels of the same name have the same meaning in all versions and configs of an encoder, so
    ``djtrans train --init-from`` copies their weights.
    """

    def channel_names(self, stems: tuple[str, ...]) -> tuple[Sequence[str], Sequence[str]]:
        """Return unique names of the channels per frame and of the global channels, in order."""
        ...


@attrs.frozen(kw_only=True)
class EncoderDeclaration(Declaration):
    """Declaration of a conditioning encoder.

    Attributes
    ----------
    extractor : str or callable, optional
        Factory of a feature extractor, called with the encoder's config, if the encoder needs
        features that not every request has. Its features are stored in `extra` of
        :class:`~djtrans.core.track.features.TrackFeatures`.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.EncoderDeclaration(
    ...     name="lyrics", summary="Encode the lyrics.", factory="mylab.lyrics:LyricsEncoder"
    ... )
    >>> declaration.extractor is None
    True

    See Also
    --------
    djtrans.CurveRequest : Request that is encoded.
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
