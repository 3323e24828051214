"""Parse pages of 1001tracklists.com: the tracks of a mix, or links to mixes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import attrs

from djtrans.core.errors import RefusedError, TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.plugins.tracklists.names import entry_of
from djtrans.plugins.tracklists.times import TIME, Time, plain_signs

_CUE_BLOCK = re.compile(
    r"cueValuesEntry\.seconds\s*=\s*([0-9]{1,6})\b(.*?)(?=cueValuesEntry\s*=|\Z)", re.S
)
_CUE_ID = re.compile(r"\.ids\[\d+\]\s*=\s*['\"](\w+)['\"]")
_ROW_ID = re.compile(r"tlp\d+_content")
_MIX = re.compile(r"/tracklist/\w+/[^/?#]+\.html$")
#: Share of the words of one name that the other must have.
_SAME_NAME = 0.5


@attrs.define
class _Row:
    """A track as the page has it."""

    together: bool = False
    name: str = ""
    shown: str = ""
    cue_seconds: str = ""
    cue_text: str = ""
    content_id: str = ""
    url: str = ""


class _Page(HTMLParser):
    """Collects rows, links and the head of a page.

    A row is an element of class ``tlpItem``. In it, ``meta itemprop="name"`` has the name, the
    class ``trackValue`` shows it, an input ``…_cue_seconds``, the class ``cue`` or a script at the
    end of the page has the start.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[_Row] = []
        self.links: list[str] = []
        self.next = ""
        self.title = self.head_title = self.url = ""
        self.scripts: list[str] = []
        #: The row that is read, and how many tags like its own are open.
        self._row: _Row | None = None
        self._row_tag, self._depth = "", 0
        #: Into which field text goes, and how many tags of that name are open.
        self._into, self._tag, self._open = "", "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a tag, and the field that its text belongs to."""
        said = {name: value or "" for name, value in attrs}
        classes = said.get("class", "").split()
        if "tlpItem" in classes:
            self._row, self._row_tag, self._depth = _Row(together="con" in classes), tag, 0
            self.rows.append(self._row)
        if self._row and tag == self._row_tag:
            self._depth += 1
        if self._into and tag == self._tag:
            self._open += 1
        elif tag in ("script", "title"):
            self._collect(tag, tag)
        self._head(tag, said)
        if self._row:
            self._in_row(self._row, tag, said, classes)

    def _head(self, tag: str, said: dict[str, str]) -> None:
        if tag == "meta" and said.get("property") == "og:title":
            self.title = said.get("content", "")
        elif tag == "meta" and said.get("property") == "og:url":
            self.url = self.url or said.get("content", "")
        elif tag == "link" and said.get("rel") == "canonical":
            self.url = said.get("href", "")
        if tag in ("a", "link") and said.get("href"):
            if "next" in said.get("rel", "").split():
                self.next = said["href"]
            elif tag == "a":
                self.links.append(said["href"])

    def _in_row(self, row: _Row, tag: str, said: dict[str, str], classes: list[str]) -> None:
        id_ = said.get("id", "")
        if tag == "meta" and said.get("itemprop") == "name":
            row.name = row.name or said.get("content", "")
        elif tag == "input" and id_.endswith("_cue_seconds"):
            row.cue_seconds = said.get("value", "")
        elif tag == "a" and said.get("href", "").startswith("/track/"):
            row.url = row.url or said["href"]
        if _ROW_ID.fullmatch(id_):
            row.content_id = id_
        if not self._into and "trackValue" in classes:
            self._collect("shown", tag)
        elif not self._into and ("cue" in classes or "cueValueField" in classes):
            self._collect("cue_text", tag)

    def _collect(self, into: str, tag: str) -> None:
        self._into, self._tag, self._open = into, tag, 1

    def handle_endtag(self, tag: str) -> None:
        """Close what the tag opened."""
        if self._row and tag == self._row_tag:
            self._depth -= 1
            if self._depth <= 0:
                self._row = None
        if self._into and tag == self._tag:
            self._open -= 1
            if self._open <= 0:
                self._into = ""

    def handle_data(self, data: str) -> None:
        """Put text where it goes."""
        if self._into == "script":
            self.scripts.append(data)
        elif self._into == "title":
            self.head_title += data
        elif self._into and self._row:
            setattr(self._row, self._into, getattr(self._row, self._into) + data)


def parse_mix(text: str, where: str) -> Tracklist:
    """Parse the tracklist of a mix's page.

    Parameters
    ----------
    text : str
        HTML.
    where : str
        Address or file, for messages and where the page does not say its own.

    Raises
    ------
    TracklistError
        If there are no tracks: then the page has another layout than the one known here.
    RefusedError
        If what is shown and what is marked up are other tracks: some robots are given made-up
        names.
    """
    page = _parsed(text)
    named = [row for row in page.rows if (row.name or row.shown).strip()]
    if not named:
        raise TracklistError(
            f"No tracks are found on {where}: the layout of these pages has changed, or this is no "
            "page of a tracklist. Save its text with the times as .txt, and give that."
        )
    both = [row for row in named if row.name and row.shown.strip()]
    if 2 * sum(not _same(row.name, row.shown) for row in both) > len(both):
        raise RefusedError(
            f"{where} names most tracks in two ways, one of them made up: the site gives robots "
            "false names. Nothing was kept. Save the page in your browser, and give the file."
        )
    cues = _script_cues("".join(page.scripts))
    web = where if where.startswith(("http://", "https://")) else ""
    url = urljoin(web, page.url) if page.url else web
    entries = [_entry(row, cues, url or "https://www.1001tracklists.com") for row in named]
    title = " ".join((page.title or page.head_title or where).split())
    return Tracklist(title=title, entries=entries, url=url)


def parse_genre(text: str, where: str) -> tuple[list[str], str]:
    """Parse the addresses of mixes on a page, and that of the next page or ``""``.

    Raises
    ------
    TracklistError
        If it lists none: then the page has another layout than the one known here.
    """
    page = _parsed(text)
    found = dict.fromkeys(urljoin(where, link) for link in page.links if _MIX.search(link))
    if not found:
        raise TracklistError(
            f"No mixes are found on {where}: the layout of these pages has changed, or there is no "
            "such genre. Save pages of mixes in your browser, and give the files."
        )
    return list(found), urljoin(where, page.next) if page.next else ""


def _parsed(text: str) -> _Page:
    page = _Page()
    # Without close(): for what is left of a page that ends inside a tag it takes time that grows
    # with the square of the length, minutes for 100 kB.
    page.feed(text)
    return page


def _entry(row: _Row, cues: dict[str, float], base: str) -> TracklistEntry:
    start = cues.get(row.content_id)
    if re.fullmatch(r"[0-9]{1,6}", row.cue_seconds.strip()):
        # Rows without a start have 0 there, as has the first row, which starts at 0.
        seconds = float(row.cue_seconds)
        start = seconds if seconds > 0 or row.cue_text.strip() else start
    if start is None and (found := re.search(TIME, plain_signs(row.cue_text))):
        start = Time.of(*found.groups()).seconds
    url = urljoin(base, row.url) if row.url else ""
    entry = entry_of(row.name or row.shown, start, url)
    return attrs.evolve(entry, with_previous=row.together or entry.with_previous)


def _script_cues(script: str) -> dict[str, float]:
    return {
        id_: float(seconds)
        for seconds, rest in _CUE_BLOCK.findall(script)
        for id_ in _CUE_ID.findall(rest)
    }


def _same(name: str, shown: str) -> bool:
    first, second = (set(re.findall(r"\w+", text.casefold())) for text in (name, shown))
    return not first or len(first & second) >= _SAME_NAME * len(first)
