"""Parse track names: artist, title, version and label."""

from __future__ import annotations

import re

from djtrans.core.track.tracklist import TracklistEntry
from djtrans.core.util.names import visible

#: A word in brackets that tells a version of a track from a part of its title.
_VERSION = re.compile(
    r"\b(re-?mix|mix|edit|dub|vip|bootleg|re-?work|re-?fix|flip|version|mash-?up|instrumental|"
    r"acc?app?ell?a|extended|original|remaster(ed)?)\b",
    re.IGNORECASE,
)
#: Artist from title: a dash of whatever length between blanks.
_DASH = re.compile(r"\s+[-‐‑‒–—―−－]+\s+")
_WITH = re.compile(r"(w/|with:)\s*", re.IGNORECASE)
_LAST_BRACKETS = re.compile(r"\s*(?:\(([^()]*)\)|\[([^\[\]]*)\])\s*$")


def entry_of(text: str, start_seconds: float | None = None, url: str = "") -> TracklistEntry:
    """Parse a line such as ``"w/ Artist - Title (Ada Remix) [Label]"``; only the title is required.

    Parameters
    ----------
    text : str
        Without time and number.
    start_seconds : float, optional
    url : str

    Examples
    --------
    >>> entry = entry_of("Ada & Bo - Night (feat. Cy) (Dee's Dub Mix) [Plain 01]")
    >>> entry.artist, entry.title, entry.mix, entry.label
    ('Ada & Bo', 'Night (feat. Cy)', "Dee's Dub Mix", 'Plain 01')
    """
    text = " ".join(visible(text).split())
    with_previous = _WITH.match(text)
    rest = text[with_previous.end() :] if with_previous else text
    mix = label = ""
    while brackets := _LAST_BRACKETS.search(rest):
        inside = (brackets[1] or brackets[2] or "").strip()
        if _VERSION.search(inside) and not mix:
            mix = inside
        elif brackets[2] is not None and not label and not mix:
            label = inside
        else:
            break
        rest = rest[: brackets.start()]
    artist, dash, title = _split(rest)
    return TracklistEntry(
        start_seconds=start_seconds,
        artist=artist if dash else "",
        title=title if dash else artist,
        mix=mix,
        label=label,
        url=url,
        with_previous=bool(with_previous),
    )


def _split(text: str) -> tuple[str, str, str]:
    found = _DASH.search(text)
    if not found:
        return text.strip(), "", ""
    return text[: found.start()].strip(), found[0], text[found.end() :].strip()
