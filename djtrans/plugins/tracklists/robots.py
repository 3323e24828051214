"""Rules of a site's robots.txt (RFC 9309).

The standard library's parser takes the first rule that fits and knows no wildcards; the RFC takes
the longest, with ``*`` and ``$``. A rule that is misread is a rule that is not obeyed.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

import attrs

from djtrans.core.contracts.config import as_tuple


@attrs.frozen
class RobotsRules:
    """The rules for one user agent.

    Attributes
    ----------
    rules : tuple of (bool, str)
        Whether a path is allowed, and its pattern.
    crawl_delay_seconds : float
        Least time between two requests; 0 where none is asked for.
    """

    rules: tuple[tuple[bool, str], ...] = attrs.field(default=(), converter=as_tuple)
    crawl_delay_seconds: float = 0.0

    def allows(self, url: str) -> bool:
        """Return True if a page may be fetched: the longest matching rule decides."""
        parts = urlsplit(url)
        path = _normal(parts.path or "/") + (f"?{_normal(parts.query)}" if parts.query else "")
        fitting = [(len(rule), allow) for allow, rule in self.rules if _fits(rule, path)]
        return max(fitting, default=(0, True))[1]  # of equals, the one that allows


def parse_robots(text: str, agent: str) -> RobotsRules:
    """Parse the rules of a robots.txt for a user agent, else those for ``*``.

    Parameters
    ----------
    text : str
    agent : str
        Product name, without version; upper and lower case are the same.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    agents: list[str] = []
    named_last = False
    for line in text.lstrip("\ufeff").splitlines():
        field, colon, value = line.partition("#")[0].partition(":")
        field, value = field.strip().lower(), value.strip()
        if not colon:
            continue
        if field == "user-agent":
            agents = [*agents, value.lower()] if named_last else [value.lower()]
            groups.setdefault(value.lower(), [])
            named_last = True
        elif field in ("allow", "disallow", "crawl-delay"):
            for name in agents:
                groups[name].append((field, value))
            named_last = False
    ours = groups.get(agent.lower(), groups.get("*", []))
    rules = [(field == "allow", _normal(path)) for field, path in ours if field != "crawl-delay"]
    delays = [_number(value) for field, value in ours if field == "crawl-delay"]
    return RobotsRules([rule for rule in rules if rule[1]], max(delays, default=0.0))


def _fits(rule: str, path: str) -> bool:
    anchored = rule.endswith("$")
    pieces = map(re.escape, rule.removesuffix("$").split("*"))
    return re.match(".*".join(pieces) + ("$" if anchored else ""), path) is not None


def _normal(path: str) -> str:
    """Normalize percent-encoded paths, except characters with a meaning in rules."""
    return quote(unquote(path), safe="/*$?=&;:@+,!~'()%")


def _number(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
