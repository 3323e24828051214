"""Tracklist sources: readers of the tracklists of mixes."""

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
    """Reader of tracklists."""

    def read(self, source: str) -> Iterator[Tracklist]:
        """Read the tracklists of a file or web page.

        Parameters
        ----------
        source : str
            File, or address of a web page.

        Yields
        ------
        Tracklist
            One for each mix, at least one.

        Raises
        ------
        InputError
            If there is no such file.
        TracklistError
            If the source has no readable tracklist.
        RefusedError
            If a web site refuses the request.
        """
        ...


@runtime_checkable
class TracklistCatalogue(TracklistSource, Protocol):
    """Tracklist source that can also list the mixes of a genre."""

    def browse(self, genre: str) -> Iterator[str]:
        """List the addresses of a genre's mixes for :meth:`TracklistSource.read`, newest first.

        The iteration is lazy: the next page of a catalogue is loaded when it is needed.

        Raises
        ------
        TracklistError, RefusedError
            As for :meth:`TracklistSource.read`.
        """
        ...


@attrs.frozen(kw_only=True)
class TracklistDeclaration(Declaration):
    """Declaration of a tracklist source.

    Attributes
    ----------
    suffixes : tuple of str
        Suffixes of the files that it reads, in lower case, such as ``".cue"``.
    hosts : tuple of str
        Web sites that it reads, such as ``"1001tracklists.com"``.
    browses : bool
        True if it can list the mixes of a genre
        (:class:`~djtrans.core.contracts.tracklist.TracklistCatalogue`).

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.TracklistDeclaration(
    ...     name="rekordbox",
    ...     summary="Read the history of a rekordbox export.",
    ...     factory="mylab.rekordbox:History",
    ...     suffixes=(".xml",),
    ... )
    >>> declaration.browses
    False

    See Also
    --------
    djtrans.Registry : Registry of the sources of all plugins.
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
                    f"{type(self).__name__}(name={self.name!r}): suffix {suffix!r} is not allowed; "
                    "give it in lower case with its dot, such as '.cue'."
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
