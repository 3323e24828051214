"""Library readers: grids, cues and keys from the libraries of DJ software."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec
from djtrans.core.errors import ConfigError

if TYPE_CHECKING:
    from djtrans.core.track.library import LibraryEntry


@runtime_checkable
class LibraryReader(Protocol):
    """Reader of the library of a DJ program."""

    def read(self, source: str) -> Iterator[LibraryEntry]:
        """Read the tracks of a library, which is never written to.

        Parameters
        ----------
        source : str
            File of the library, or an audio file if the declaration has `in_tracks`.

        Yields
        ------
        LibraryEntry
            One for each track about which the library states something.

        Raises
        ------
        InputError
            If there is no such file.
        LibraryError
            If the file is not a library of this program.
        """
        ...

    def offset_seconds(self, entry: LibraryEntry, track: str) -> float:
        """Return the time of the program minus that of djtrans, for an audio file.

        Programs disagree on the first sample of some compressed files, see
        :func:`~djtrans.core.audio.mp3_timing.mp3_timing`.

        Parameters
        ----------
        entry : LibraryEntry
            Entry of the file.
        track : str
            The file.

        Returns
        -------
        float
            In seconds; 0 for formats without a delay, such as WAV and FLAC.
        """
        ...


@attrs.frozen(kw_only=True)
class LibraryDeclaration(Declaration):
    """Declaration of a library reader.

    Attributes
    ----------
    suffixes : tuple of str
        Suffixes of the libraries' files, in lower case, such as ``".nml"``.
    in_tracks : bool
        True if the program stores its data in the audio files themselves.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.LibraryDeclaration(
    ...     name="virtualdj",
    ...     summary="VirtualDJ's database.xml.",
    ...     factory="mylab.virtualdj:Database",
    ...     suffixes=(".xml",),
    ... )
    >>> declaration.in_tracks
    False

    See Also
    --------
    djtrans.Registry : Registry of the readers of all plugins.
    """

    kind: ClassVar[str] = "library"
    contract: ClassVar[type | None] = LibraryReader

    suffixes: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    in_tracks: bool = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        label = f"{type(self).__name__}(name={self.name!r})"
        for suffix in self.suffixes:
            if not suffix.startswith(".") or suffix != suffix.lower():
                raise ConfigError(
                    f"{label}: suffix {suffix!r} is not allowed; give it in lower case with its "
                    "dot, such as '.nml'."
                )
        if bool(self.suffixes) == self.in_tracks:
            raise ConfigError(f"{label}: give either the suffixes of its files, or in_tracks=True.")


@hookspec
def djtrans_libraries() -> Iterable[LibraryDeclaration]:  # type: ignore[empty-body]
    """Register readers of the libraries of DJ software.

    Returns
    -------
    iterable of LibraryDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> class LibraryPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_libraries(self):
    ...         yield djtrans.LibraryDeclaration(
    ...             name="virtualdj",
    ...             summary="VirtualDJ's database.xml.",
    ...             factory="mylab_djtrans.virtualdj:Database",
    ...             suffixes=(".xml",),
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(LibraryPlugin(), "mylab")
    >>> registry.libraries.find("virtualdj").declaration.suffixes
    ('.xml',)
    """
