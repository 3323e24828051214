"""Separators: split a mix into stems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration, one_of
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import ConfigError
from djtrans.core.track.stem_names import STEMS

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Separator(Protocol):
    """Separator of a mix into stems."""

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
    ) -> Tensor:
        """Separate audio into stems.

        Parameters
        ----------
        audio : Tensor
            ``[channels, samples]`` float32.
        sample_rate : int
            In Hz; the declared rate, if there is one.
        start_seconds : float
            Position of the audio in the track, used by separators that read existing stems.
        progress : callable, optional
            Progress callback.

        Returns
        -------
        Tensor
            ``[stems, channels, samples]`` in the declared order. They need not sum to the input:
            djtrans adds the residual to ``other``.
        """
        ...


@runtime_checkable
class TrainedSeparator(Separator, Protocol):
    """Separator with weights that may have to be downloaded."""

    def fetch(self, progress: FractionCallback | None = None) -> str:
        """Download the weights unless they are on disk; called before any separation.

        Parameters
        ----------
        progress : callable, optional
            Progress callback of the download; not called if the weights are on disk.

        Returns
        -------
        str
            Digest that identifies the weights.

        Raises
        ------
        SeparationError
            If the weights are not available; the message explains how to get them.
        """
        ...


@attrs.frozen(kw_only=True)
class SeparatorDeclaration(Declaration):
    """Declaration of a stem separator.

    Attributes
    ----------
    stems : tuple of str
        Names of its stems, in the order of its result.
    sample_rate : int or None
        Required sample rate of its input in Hz; None for any.
    isolation : {"good", "weak"}
        ``"good"`` if the stems contain little enough of each other to be played alone.
    reads_source : bool
        True if it reads existing stems by their position in the track instead of computing them
        from the audio; such stems are cut first and stretched afterwards.
    keep : bool
        True to cache its stems on disk: it is slow, and its result depends only on the audio, its
        config and its weights. Ignored with `reads_source`.
    thread_safe : bool
        True if two instances may separate two tracks in two threads at the same time. A network
        that uses all cores for one track gains nothing from that.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.SeparatorDeclaration(
    ...     name="unmix", summary="Separate with Open-Unmix.", factory="mylab.unmix:Unmix"
    ... )
    >>> declaration.stems
    ('drums', 'bass', 'vocals', 'other')

    See Also
    --------
    djtrans.run_demucs : Separate audio with Demucs.
    """

    kind: ClassVar[str] = "separator"
    contract: ClassVar[type | None] = Separator

    stems: tuple[str, ...] = attrs.field(default=STEMS, converter=as_tuple)
    sample_rate: int | None = None
    isolation: str = attrs.field(default="weak", validator=one_of("good", "weak"))
    reads_source: bool = False
    keep: bool = False
    thread_safe: bool = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        label = f"{type(self).__name__}(name={self.name!r})"
        if not self.stems or len(set(self.stems)) != len(self.stems):
            raise ConfigError(
                f"{label}.stems = {self.stems!r}; give the name of each stem, in its order, once."
            )
        rate = self.sample_rate
        if rate is not None and (not isinstance(rate, int) or rate < 1):
            raise ConfigError(
                f"{label}.sample_rate = {rate!r}; give a whole number of Hz, or None for any rate."
            )


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
