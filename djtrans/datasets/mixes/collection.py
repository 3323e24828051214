"""Collect tracklists from files, pages and catalogues into a folder, without duplicates."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.tracklist import (
    TracklistCatalogue,
    TracklistDeclaration,
    TracklistSource,
)
from djtrans.core.errors import ConfigError, InputError, RefusedError, TracklistError
from djtrans.core.registration.catalog import Component
from djtrans.core.track.tracklist import Tracklist
from djtrans.core.track.tracklist_files import (
    find_same,
    find_tracklist,
    save_tracklist,
    tracklist_id,
)
from djtrans.core.util.isolation import same_surroundings
from djtrans.core.util.output_files import check_folder
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.registry import Registry, default_registry

#: Default folder of tracklists.
FOLDER = "data/tracklists"

#: Number of consecutive unreadable pages after which a collection ends: the site has changed.
_ENOUGH = 3


@attrs.define
class Collected:
    """Result of a collection.

    Attributes
    ----------
    written : list of Path
        New tracklists.
    known : list of Path
        Tracklists that the folder already had.
    failed : dict of str to str
        Errors by source.
    """

    written: list[Path] = attrs.field(factory=list)
    known: list[Path] = attrs.field(factory=list)
    failed: dict[str, str] = attrs.field(factory=dict)

    @property
    def total(self) -> int:
        """Number of requested tracklists in the folder."""
        return len(self.written) + len(self.known)


def collect(
    sources: Sequence[str] = (),
    *,
    genre: str | None = None,
    most: int | None = None,
    source: str = "auto",
    settings: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] = FOLDER,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> Collected:
    """Collect tracklists, each mix once.

    Sources that cannot be read are recorded and skipped. A web site that refuses a request, or
    three consecutive unreadable pages, end the collection without further requests.

    Parameters
    ----------
    sources : sequence of str
        Files and addresses of pages.
    genre : str, optional
        Also collect mixes of this genre, from a source with a catalogue.
    most : int, optional
        Stop at this number of tracklists, existing ones included.
    source : str
        Name of the tracklist component; ``"auto"`` chooses by the suffix of a file and the host of
        an address.
    settings : mapping, optional
        Fields of the sources' configs, such as ``{"1001tracklists.delay_seconds": 20.0}``.
    output : path-like
        Folder of the tracklists; created if it is missing.
    progress : callable, optional
        Receives a `Progress` event for each tracklist; its message names the file and whether it
        is new.
    registry : Registry, optional

    Returns
    -------
    Collected

    Raises
    ------
    InputError
        If there is no source, or the folder cannot be written to.
    ConfigError
        If a setting is unknown or out of range.
    UnknownComponentError
        If there is no such source.
    """
    if most is not None and most < 1:
        raise InputError(f"A limit of {most} tracklists is not allowed; give 1 or more.")
    if not sources and genre is None:
        raise InputError("Nothing to collect: give files, addresses of pages, or a genre.")
    if genre is not None and most is None:
        raise InputError("A genre has no fixed number of mixes; give how many to collect at most.")
    check_folder("The output folder", output)
    registry = registry or default_registry()
    readers = _Readers(registry, source, settings or {})
    collected = Collected()
    planned = [(given, readers.of(given)) for given in sources]
    catalogue = None if genre is None else readers.catalogue()
    job = _Job(readers, Path(output), most, progress, collected)
    for given, component in planned:
        if job.full or not job.read(given, component):
            return collected
    if catalogue is not None and genre is not None and not job.full:
        job.browse(genre, catalogue)
    return collected


@attrs.define
class _Job:
    readers: _Readers
    output: Path
    most: int | None
    progress: ProgressCallback | None
    collected: Collected
    #: Number of consecutive unreadable pages.
    unread: int = 0

    @property
    def full(self) -> bool:
        return self.most is not None and self.collected.total >= self.most

    def browse(self, genre: str, component: Component[TracklistDeclaration]) -> None:
        catalogue = self.readers.build(component)
        if not isinstance(catalogue, TracklistCatalogue):
            raise InputError(
                f"{component.name} declares that it browses, but has no browse(); report this to "
                "its author."
            )
        try:
            for address in catalogue.browse(genre):
                if not self.read(address, component) or self.full:
                    return
        except TracklistError as error:
            self.collected.failed[genre] = str(error)

    def read(self, given: str, component: Component[TracklistDeclaration]) -> bool:
        """Save the tracklists of a source; return True if more sources may be read."""
        if _is_address(given) and (known := find_tracklist(self.output, tracklist_id(given))):
            self.add(known, new=False)
            return True
        found = self.tracklists(given, component)
        while not self.full:
            try:
                with same_surroundings():
                    tracklist = next(found, None)
            except (TracklistError, InputError) as error:
                message = str(error)
                named = message if given in message else f"{given}: {message}"
                self.collected.failed[given] = named
                self.unread += _is_address(given)
                refused = isinstance(error, RefusedError) and _is_address(given)
                return not refused and self.unread < _ENOUGH
            if tracklist is None:
                break
            known = find_same(tracklist, self.output)
            self.add(known or save_tracklist(tracklist, self.output), new=known is None)
        self.unread = 0
        return True

    def tracklists(
        self, given: str, component: Component[TracklistDeclaration]
    ) -> Iterator[Tracklist]:
        reader = self.readers.build(component)
        for tracklist in reader.read(given):
            yield attrs.evolve(tracklist, source=component.name)

    def add(self, path: Path, *, new: bool) -> None:
        (self.collected.written if new else self.collected.known).append(path)
        if self.progress is not None:
            message = f"{'wrote' if new else 'known'}  {path}"
            self.progress(Progress("tracklists", self.collected.total, self.most, message))


class _Readers:
    """Tracklist components by source; each is built once, so that its request delays apply."""

    def __init__(self, registry: Registry, name: str, settings: Mapping[str, Any]) -> None:
        self._registry = registry
        self._all = tuple(registry.tracklists)
        self._only = None if name == "auto" else registry.tracklists.find(name)
        self._built: dict[str, TracklistSource] = {}
        self._configs: dict[str, dict[str, Any]] = {}
        for key, value in settings.items():
            owner, dot, field = key.rpartition(".")
            if not dot:
                raise ConfigError(
                    f"The setting {key!r} names no source; write SOURCE.FIELD, such as "
                    "1001tracklists.delay_seconds."
                )
            component = registry.tracklists.find(owner)
            self._configs.setdefault(component.name, {})[field] = value
        for name, config in self._configs.items():  # report errors before any work
            config_from_dict(registry.tracklists.find(name).declaration.config, config)

    def build(self, component: Component[TracklistDeclaration]) -> TracklistSource:
        if component.name not in self._built:
            self._built[component.name] = self._registry.tracklists.build(
                component.name, self._configs.get(component.name)
            )
        return self._built[component.name]

    def of(self, given: str) -> Component[TracklistDeclaration]:
        """Return the first that declares the host of an address, or the suffix of a file."""
        if self._only is not None:
            return self._only
        if _is_address(given):
            try:
                host = (urlsplit(given).hostname or "").removeprefix("www.")
            except ValueError as error:
                raise InputError(f"{given!r:.200} is no address of a page: {error}.") from None
            found = [c for c in self._all if host in c.declaration.hosts]
            known = self._facts("hosts")
            what = f"the site {host!r}"
        else:
            found = [c for c in self._all if given.lower().endswith(c.declaration.suffixes)]
            known = self._facts("suffixes")
            what = f"files like {given!r}"
        if not found:
            raise InputError(
                f"No source reads {what}; supported are {', '.join(known)}. Name a source "
                "(--source), or save the tracklist as .txt."
            )
        return found[0]

    def catalogue(self) -> Component[TracklistDeclaration]:
        """Return the component that browses a genre."""
        among = self._all if self._only is None else (self._only,)
        for component in among:
            if component.declaration.browses:
                return component
        raise InputError(
            f"{among[0].name if self._only else 'No source'} cannot browse a genre; "
            "1001tracklists can."
        )

    def _facts(self, name: str) -> Iterable[str]:
        return dict.fromkeys(
            itertools.chain.from_iterable(getattr(c.declaration, name) for c in self._all)
        )


def _is_address(given: str) -> bool:
    return given.lower().startswith(("http://", "https://"))
