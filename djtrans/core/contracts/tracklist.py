"""Tracklist sources: the tracks that a mix is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from djtrans.core.track.tracklist import Tracklist


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


@attrs.frozen(kw_only=True)
class TracklistDeclaration(Declaration):
    """A source of mix metadata.

    Attributes
    ----------
    suffixes : tuple of str
        Files that it reads, by the ends of their names in lower case, such as ``".cue"``.
    hosts : tuple of str
        Web sites whose addresses it reads, such as ``"1001tracklists.com"``.
    browses : bool
        Whether it can name the mixes of a genre
        (:class:`~djtrans.core.contracts.tracklist.TracklistCatalogue`).
    """

    kind: ClassVar[str] = "tracklist"
    contract: ClassVar[type | None] = TracklistSource

    suffixes: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    hosts: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    browses: bool = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for suffix in self.suffixes:
            if not suffix.startswith(".") or suffix != suffix.lower():
                raise ConfigError(
                    f"{type(self).__name__}(name={self.name!r}): suffix {suffix!r}; give it in "
                    "lower case with its dot."
                )


@hookspec
def djtrans_tracklists() -> Iterable[TracklistDeclaration]:  # type: ignore[empty-body]
    """Register sources of tracklists.

    Returns
    -------
    iterable of TracklistDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class TracklistPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_tracklists(self):
    ...         yield djtrans.TracklistDeclaration(
    ...             name="rekordbox",
    ...             summary="Read the history of a rekordbox export.",
    ...             factory="mylab_djtrans.rekordbox:RekordboxHistory",
    ...             suffixes=(".xml",),
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(TracklistPlugin(), "mylab")
    >>> registry.tracklists.find("rekordbox").declaration.suffixes
    ('.xml',)
    """
