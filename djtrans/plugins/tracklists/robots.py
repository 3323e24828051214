"""Rules of a site's robots.txt (RFC 9309), parsed by protego."""

from __future__ import annotations

import re
import warnings

import attrs
from protego import Protego

#: RFC 9309, 2.5: what lies behind is not read.
MOST_BYTES = 500 * 1024
#: A longer delay, as an infinite one, is taken for this.
LONGEST_DELAY_SECONDS = 3600.0

_AGENT_LINE = re.compile(r"(?im)^([^\S\n]*user[- ]?agent[^\S\n]*:?[^\S\n]*)([^\n#]*)")
_DELAY_LINE = re.compile(r"(?im)^([^\S\n]*crawl[- ]delay[^\S\n]*:?[^\S\n]*)([^\s#][^\n#]*)")
_TOKEN = re.compile(r"[a-z_-]+")
_NUMBER = re.compile(r"inf(inity)?|[0-9]{1,300}(?:\.[0-9]*)?|\.[0-9]+")
#: Stands for a delay that cannot be read; longer than any that can.
_NO_NUMBER = 3 * LONGEST_DELAY_SECONDS
#: A group for everybody, and one for a robot that is not us.
_ALL, _OTHER = "*", "other-robot"


@attrs.frozen
class RobotsRules:
    """The rules for one user agent.

    Attributes
    ----------
    parsed : Protego or None
        None where there are no rules.
    agent : str
        Name of the user agent.
    crawl_delay_seconds : float
        Least time between two requests, at most 3600; 0 where none is asked for.
    """

    parsed: Protego | None = None
    agent: str = ""
    crawl_delay_seconds: float = 0.0

    def allows(self, url: str) -> bool:
        """Return True if a page may be fetched: the longest matching rule decides."""
        return self.parsed is None or self.parsed.can_fetch(url, self.agent)


def parse_robots(text: str, agent: str) -> RobotsRules:
    """Parse the rules of a robots.txt for a user agent, else those for ``*``.

    Parameters
    ----------
    text : str
        What lies behind 500 KiB is not read.
    agent : str
        Product name, without version; upper and lower case are the same.

    Warns
    -----
    UserWarning
        If the delay between requests is infinite, longer than an hour, or no number.
    """
    ours = agent.lower()
    raw = text.encode("utf-8", "replace")
    if len(raw) > MOST_BYTES:
        text = raw[:MOST_BYTES].decode("utf-8", "ignore").rpartition("\n")[0]
    text = "\n".join(text.replace("\0", "").replace("\ufeff", "").splitlines())
    # The group is that of our name alone. protego would also take "dj" for a part of it, and not
    # "djtrans/1.0".
    text = _AGENT_LINE.sub(lambda line: line[1] + _group(line[2], ours), text)
    text = _DELAY_LINE.sub(lambda line: line[1] + repr(_delay(line[2])), text)
    parsed = Protego.parse(text)
    delay = parsed.crawl_delay(ours) or 0.0
    if delay == _NO_NUMBER:
        warnings.warn(
            "The Crawl-delay of robots.txt is no number of seconds; it is ignored.", stacklevel=2
        )
        delay = 0.0
    elif delay > LONGEST_DELAY_SECONDS:
        warnings.warn(
            f"robots.txt asks for more than {LONGEST_DELAY_SECONDS:.0f} s between two requests; "
            "they are that far apart.",
            stacklevel=2,
        )
        delay = LONGEST_DELAY_SECONDS
    return RobotsRules(parsed, ours, delay)


def _group(value: str, ours: str) -> str:
    name = value.strip().lower()
    if name.startswith("*"):
        return _ALL
    token = _TOKEN.match(name)
    return ours if token and token[0] == ours else _OTHER


def _delay(value: str) -> float:
    """Read a delay, with a unit or without."""
    text = value.strip().lower()
    found = _NUMBER.match(text)
    if found is None:
        return _NO_NUMBER
    return min(float(found[0]), 2 * LONGEST_DELAY_SECONDS)
