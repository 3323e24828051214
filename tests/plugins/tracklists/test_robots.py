"""robots.txt as RFC 9309 has it."""

from __future__ import annotations

import time

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
        ("User-agent: *\rDisallow: /a\r", "/a", False),
        ("\x00User-agent: *\nDisallow: /a", "/a", False),
        ("User-Agent:*\nDisallow:/a", "/a", False),
        ("Disallow: /a", "/a", True),
        # With a version, and names of which ours is a part or that are a part of ours.
        ("User-agent: djtrans/1.0\nDisallow: /a", "/a", False),
        ("User-agent: DJtrans (all)\nDisallow: /a", "/a", False),
        ("User-agent: dj\nAllow: /\n\nUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: djtrans-images\nDisallow: /a", "/a", True),
        ("User-agent: *bot\nUser-agent: *\nDisallow: /a", "/a", False),
        # A group goes on over what is of no group, and ends at its first rule.
        ("User-agent: djtrans\nSitemap: x\nUser-agent: x\nDisallow: /a", "/a", False),
        ("User-agent: a\n\nUser-agent: djtrans\n\nDisallow: /a", "/a", False),
        ("User-agent: djtrans\nCrawl-delay: 9\nUser-agent: x\nDisallow: /a", "/a", True),
        (
            "User-agent: djtrans\nDisallow: /b\nUser-agent: x\nUser-agent: djtrans\nDisallow: /a",
            "/a",
            False,
        ),
        ("User-agent: *\nDisallow: /\n\nUser-agent: djtrans\nDisallow:\n", "/a", True),
        # Percent-encoding has one spelling, but an encoded slash is no slash.
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
        ("User-agent: *\nDisallow: /a%3Cd", "/a<d", False),
        ("User-agent: *\nDisallow: /a$b", "/a$b", False),
        ("User-agent: *\nDisallow: /a$", "/a#x", False),
        ("User-agent: *\nDisallow: /a;b", "/a;b", False),
        ("User-agent: *\nDisallow: /A", "/a", True),
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
    for value, seconds in (("20s", 20), (".5", 0.5), ("10 # seconds", 10), ("", 0)):
        rules = parse_robots(f"User-agent: *\nCrawl-delay: {value}", "djtrans")
        assert rules.crawl_delay_seconds == seconds


@pytest.mark.parametrize(
    ("value", "seconds", "said"),
    [
        ("inf", 3600, "3600 s between"),
        ("Infinity", 3600, "3600 s between"),
        ("9" * 400, 3600, "3600 s between"),
        ("86400", 3600, "3600 s between"),
        ("nan", 0, "no number"),
        ("-5", 0, "no number"),
        ("soon", 0, "no number"),
    ],
)
def test_a_delay_that_cannot_be_kept_is_stated(value, seconds, said):
    text = f"User-agent: *\nCrawl-delay: {value}\nDisallow: /z"
    with pytest.warns(UserWarning, match=said):
        assert parse_robots(text, "djtrans").crawl_delay_seconds == seconds


def test_the_delays_of_others_are_not_spoken_of(recwarn):
    parse_robots("User-agent: x\nCrawl-delay: inf\n\nUser-agent: *\nCrawl-delay: 3", "djtrans")
    assert not recwarn.list


@pytest.mark.parametrize("wildcards", [8, 14, 100])
@pytest.mark.parametrize("length", [60, 2000])
def test_wildcards_take_no_exponential_time(wildcards, length):
    rules = parse_robots("User-agent: *\nDisallow: /" + "*a" * wildcards + "$\n", "djtrans")
    start = time.perf_counter()
    assert rules.allows(f"{SITE}/{'a' * length}b")
    assert rules.allows(f"{SITE}/{'a' * length}") is (length < wildcards)
    assert time.perf_counter() - start < 0.5


def test_only_500_kib_are_read():
    filler = "# " + "x" * 1021 + "\n"
    within, beyond = (
        f"User-agent: *\nAllow: /b\n{filler * lines}Disallow: /a\n" for lines in (499, 500)
    )
    assert not parse_robots(within, "djtrans").allows(SITE + "/a")
    assert parse_robots(beyond, "djtrans").allows(SITE + "/a")
