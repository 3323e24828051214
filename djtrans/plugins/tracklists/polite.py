"""Fetch web pages slowly, with an honest user agent and within robots.txt."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import NoReturn, TypeVar
from urllib.parse import urljoin, urlsplit

from djtrans.core.errors import RefusedError, TracklistError
from djtrans.core.util.cache import Cache, cache_key, default_cache
from djtrans.core.util.names import visible
from djtrans.plugins.tracklists.robots import MOST_BYTES as ROBOTS_BYTES
from djtrans.plugins.tracklists.robots import RobotsRules, parse_robots
from djtrans.plugins.tracklists.web_answers import Answer, request

#: Kind of the pages in the cache.
CACHE_KIND = "pages"
#: Name by which robots.txt may speak to us.
AGENT = "djtrans"

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 4
_LONGEST_ADDRESS = 2000
#: Answers by which a site says that it does not want us, now or at all.
_REFUSALS = {
    401: "asks for a login",
    403: "forbids it",
    407: "asks for a login",
    418: "forbids it",
    429: "says that these are too many requests",
    451: "may not show it",
    503: "is not available to us",
}
#: What pages say that ask who is there, instead of answering. They are not solved.
_CHALLENGES = (
    "captcha",
    "just a moment...",
    "cf-challenge",
    "checking your browser",
    "are you a human",
    "verify you are human",
    'name="bchk"',
    "unusual traffic",
)

T = TypeVar("T")


def user_agent() -> str:
    """Name and version of djtrans: no browser's name, nor another robot's."""
    return f"{AGENT}/{version('djtrans')} (tracklist collector; Python)"


class PoliteFetcher:
    """Asks for pages one after the other.

    Each site's robots.txt is read first and obeyed. Between two requests lies the delay, or the
    site's own where that is longer. What was read is kept in the cache and not asked for again. A
    refusal is an error and the end: nothing is tried a second time, under another name or from
    elsewhere.

    Parameters
    ----------
    delay_seconds : float
        Least time between the end of a request and the next to the same site.
    cache : Cache, optional
        That of djtrans by default.
    clock, sleep : callable
        Time in seconds, and how it is waited for.
    """

    def __init__(
        self,
        delay_seconds: float,
        cache: Cache | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.delay_seconds = delay_seconds
        self._cache = cache or default_cache()
        self._clock, self._sleep = clock, sleep
        self._rules: dict[str, RobotsRules] = {}
        self._asked: dict[str, float] = {}

    def fetch(self, url: str, understand: Callable[[str], T], *, keep: bool = True) -> T:
        """Fetch and parse a page.

        Parameters
        ----------
        url : str
        understand : callable
            Makes of the text what is wanted, or raises; a page is kept only if it does not raise.
        keep : bool
            Whether the page is taken from the cache, and kept there.

        Raises
        ------
        RefusedError
            If robots.txt forbids it, the site refuses, or asks who we are.
        TracklistError
            If there is no such page, or no answer.
        """
        key = cache_key(url=url)
        text = self._cache.load(CACHE_KIND, key, _read) if keep else None
        if text is not None:
            return understand(text)
        text = self._get(url)
        understood = understood_or_refused(text, url, understand)
        if keep:
            self._cache.store(CACHE_KIND, key, text.encode())
        return understood

    def _get(self, url: str) -> str:
        for _ in range(_MOST_REDIRECTS + 1):
            site = _site(url)
            rules = self._rules_of(site)
            if not rules.allows(url):
                raise RefusedError(
                    f"{site}/robots.txt asks robots not to load {url}, so djtrans does not. Save "
                    "the page in your browser, and give the file."
                )
            answer = self._request(url, rules.crawl_delay_seconds)
            if answer.status == 200:
                return answer.text
            target = _target(url, answer)
            if _host(target) != _host(url) or _is_downgrade(url, target):
                raise TracklistError(
                    f"{url} has moved to another site, {target}; give that address if you want it."
                )
            url = target
        raise TracklistError(f"{url} sends on from page to page without end; try it in a browser.")

    def _rules_of(self, site: str) -> RobotsRules:
        if site not in self._rules:
            address = f"{site}/robots.txt"
            answer = self._request(address, 0.0, first_bytes=ROBOTS_BYTES)
            for _ in range(_MOST_REDIRECTS):
                if answer.status in _REDIRECTS:
                    address = _target(address, answer)
                    answer = self._request(address, 0.0, first_bytes=ROBOTS_BYTES)
            # RFC 9309, 2.3.1: one that does not exist forbids nothing, one that cannot be had all.
            if answer.status != 200 and answer.status not in (404, 410):
                _explain(answer, address)
            found = answer.status == 200
            self._rules[site] = parse_robots(answer.text, AGENT) if found else RobotsRules()
        return self._rules[site]

    def _request(
        self, url: str, crawl_delay_seconds: float, first_bytes: int | None = None
    ) -> Answer:
        site = _site(url)
        if site in self._asked:
            delay = max(self.delay_seconds, crawl_delay_seconds)
            wait = self._asked[site] + delay - self._clock()
            if wait > 0:
                self._sleep(wait)
        try:
            return request(url, user_agent(), first_bytes=first_bytes)
        finally:
            self._asked[site] = self._clock()


def understood_or_refused(text: str, where: str, understand: Callable[[str], T]) -> T:
    """Parse a page; a page that cannot be parsed may be a refusal.

    Raises
    ------
    RefusedError
        If it does.
    """
    try:
        return understand(text)
    except TracklistError:
        if any(sign in text.lower() for sign in _CHALLENGES):
            raise RefusedError(
                f"{where} asks whether a person is there (a captcha or a check of the browser). "
                "djtrans does not answer for you: open the page in your browser, save it, and "
                "give the file."
            ) from None
        raise


def _explain(answer: Answer, url: str) -> NoReturn:
    status = answer.status
    if status not in (404, 410):
        said = _REFUSALS.get(status, "does not give it")
        after = answer.headers.get("Retry-After", "")
        wait = f"; it asks to wait {after} s" if re.fullmatch(r"[0-9]{1,9}", after) else ""
        raise RefusedError(
            f"{url}: the site {said} ({status}){wait}. Nothing more was asked of it. Try again "
            "much later, or save pages in your browser and give the files."
        )
    raise TracklistError(f"{url}: there is no such page ({status}); look the address up.")


def _target(url: str, answer: Answer) -> str:
    """Return where an answer sends on to.

    Raises
    ------
    TracklistError
        If it does not, or to something that is no address.
    """
    location = answer.headers.get("Location", "")
    if answer.status not in _REDIRECTS or not location:
        _explain(answer, url)
    try:
        target = urljoin(url, visible(location).strip())
    except ValueError:
        target = ""
    if not target or len(target) > _LONGEST_ADDRESS:
        raise TracklistError(f"{url} sends on to no address; try it in a browser.")
    _site(target)
    return target


def _is_downgrade(url: str, target: str) -> bool:
    return url.lower().startswith("https:") and not target.lower().startswith("https:")


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _site(url: str) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise TracklistError(f"{url!r:.200} is no address of a page; it begins with https://.")
    return f"{parts.scheme}://{parts.netloc}"


def _read(content: bytes) -> str:
    return content.decode()
