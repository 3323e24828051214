"""robots.txt as RFC 9309 has it."""

from __future__ import annotations

import pytest

from djtrans.plugins.tracklists.robots import parse_robots

SITE = "https://example.org"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /a", "/abc?x=1", False),
        ("User-agent: *\nDisallow: /a/", "/a", True),
        # The longest rule counts, not the first, and of equals the one that allows.
        ("User-agent: *\nDisallow: /\nAllow: /a", "/a/b", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a/private", "/a/private/x", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        # Wildcards.
        ("User-agent: *\nDisallow: /*?", "/genre/a.html?page=2", False),
        ("User-agent: *\nDisallow: /*?", "/genre/a.html", True),
        ("User-agent: *\nDisallow: /*.html$", "/a.html", False),
        ("User-agent: *\nDisallow: /*.html$", "/a.html?x", True),
        ("User-agent: *\nDisallow: /a.c", "/abc", True),
        # A group of our own counts instead of the one for all; case does not matter.
        ("User-agent: *\nDisallow: /\n\nUser-agent: DJtrans\nDisallow: /b", "/a", True),
        ("User-agent: djtrans\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
        ("User-agent: other\nUser-agent: djtrans\nDisallow: /", "/a", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        # Groups of one name are one; what stands between rules and comments is passed over.
        ("User-agent: *\nDisallow: /a\nUser-agent: *\nDisallow: /b", "/a", False),
        ("\ufeffUSER-AGENT : * # all\nSitemap: x\ndisallow : /a # no\n", "/a", False),
        ("User-agent: *\r\nDisallow: /a\r\n", "/a", False),
        # Percent-encoding has one spelling.
        ("User-agent: *\nDisallow: /%C3%BC", "/ü", False),
        ("User-agent: *\nDisallow: /ü", "/%c3%bc", False),
    ],
)
def test_what_may_be_loaded(text, path, allowed):
    assert parse_robots(text, "djtrans").allows(SITE + path) is allowed


def test_the_crawl_delay():
    text = "User-agent: *\nCrawl-delay: 7.5\n\nUser-agent: slow\nCrawl-delay: 60\nDisallow: /x"
    assert parse_robots(text, "djtrans").crawl_delay_seconds == 7.5
    assert parse_robots(text, "slow").crawl_delay_seconds == 60
    assert parse_robots("User-agent: *\nCrawl-delay: soon", "djtrans").crawl_delay_seconds == 0
