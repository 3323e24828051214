"""1001tracklists.com: mixes of a genre, pages of mixes, and saved pages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from djtrans.core.errors import InputError
from djtrans.core.track.tracklist import Tracklist
from djtrans.plugins.tracklists.page_1001 import parse_genre, parse_mix
from djtrans.plugins.tracklists.polite import PoliteFetcher, understood_or_refused
from djtrans.plugins.tracklists.reading import read_text

if TYPE_CHECKING:
    from djtrans.plugins.tracklists import Web1001Config

_GENRE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Web1001:
    """Reads pages of 1001tracklists.com, from the web as politely as it can, or from files.

    Parameters
    ----------
    config : Web1001Config
    fetcher : PoliteFetcher, optional
        Asks for the pages.
    """

    def __init__(self, config: Web1001Config, fetcher: PoliteFetcher | None = None) -> None:
        self.config = config
        self.fetcher = fetcher or PoliteFetcher(config.delay_seconds)

    def read(self, source: str) -> Iterator[Tracklist]:
        """Read the tracklist of a page; see :class:`TracklistSource`."""
        if source.lower().startswith(("http://", "https://")):
            found = self.fetcher.fetch(source, lambda text: parse_mix(text, source))
            # By the address that was asked for it is known again, whatever the page calls itself.
            yield attrs.evolve(found, url=source)
            return
        text = read_text(source)
        yield understood_or_refused(text, source, lambda text: parse_mix(text, source))

    def browse(self, genre: str) -> Iterator[str]:
        """Yield pages of mixes; see :class:`TracklistCatalogue`."""
        if not _GENRE.fullmatch(genre):
            raise InputError(
                f"The genre {genre!r} cannot be a part of an address; write it as the site does, "
                "such as tech-house."
            )
        page = f"{self.config.base_url.rstrip('/')}/genre/{genre}/index.html"
        seen: set[str] = set()
        while page and page not in seen:
            seen.add(page)
            # Not kept: tomorrow it lists other mixes.
            understand = functools.partial(parse_genre, where=page)
            found, page = self.fetcher.fetch(page, understand, keep=False)
            for address in found:
                if address not in seen:
                    seen.add(address)
                    yield address
