"""Separators: split a mix into stems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.declaration import Declaration, one_of
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.track.stem_names import STEMS

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Separator(Protocol):
    """Splits a mix into stems."""

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
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

    def fetch(self, progress: FractionCallback | None = None) -> str:
        """See to it that the weights are on this machine; called before any work begins.

        Parameters
        ----------
        progress : callable, optional
            Receives the fraction that is downloaded; not called where nothing is.

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


@attrs.frozen(kw_only=True)
class SeparatorDeclaration(Declaration):
    """A stem separator.

    Attributes
    ----------
    stems : tuple of str
        What it makes, in this order.
    sample_rate : int or None
        Rate it must be fed at in Hz; None for any.
    isolation : {"good", "weak"}
        Whether a stem is free enough of the others to be heard alone.
    reads_source : bool
        True if it looks the stems up by the track's position (ready files) rather than computing
        them from the audio; such stems are cut first and stretched afterwards.
    keep : bool
        True if its stems are to be kept on disk: it takes long, and what it makes follows from
        the audio, its config and its weights alone.
    """

    kind: ClassVar[str] = "separator"
    contract: ClassVar[type | None] = Separator

    stems: tuple[str, ...] = STEMS
    sample_rate: int | None = None
    isolation: str = attrs.field(default="weak", validator=one_of("good", "weak"))
    reads_source: bool = False
    keep: bool = False


@hookspec
def djtrans_separators() -> Iterable[SeparatorDeclaration]:  # type: ignore[empty-body]
    """Register stem separators.

    Returns
    -------
    iterable of SeparatorDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans, torch
    >>> class Equal:
    ...     def __init__(self, config): ...
    ...     def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
    ...         return torch.stack([audio / 4] * 4)
    >>> class EqualPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_separators(self):
    ...         yield djtrans.SeparatorDeclaration(
    ...             name="equal", summary="Give each stem a quarter of the mix.", factory=Equal
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(EqualPlugin(), "example")
    >>> registry.separators.build("equal").separate(torch.ones(2, 3), 44100).shape
    torch.Size([4, 2, 3])
    """
