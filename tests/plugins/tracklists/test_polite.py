"""Requests are made slowly, by name, and never against a no."""

from __future__ import annotations

import pytest

import djtrans
from djtrans.core.errors import RefusedError, TracklistError
from djtrans.core.util.cache import Cache
from djtrans.plugins.tracklists.polite import PoliteFetcher


def read(text):
    if "tracks" not in text:
        raise TracklistError("No tracks; the layout has changed.")
    return text.upper()


@pytest.fixture
def get(site, fetcher):
    return lambda path, **options: fetcher.fetch(site.url + path, read, **options)


def test_robots_is_read_first_and_once_and_we_say_who_we_are(site, get):
    site.answers |= {"/a": "tracks a", "/b": "tracks b"}
    assert [get("/a"), get("/b")] == ["TRACKS A", "TRACKS B"]
    assert site.asked == ["/robots.txt", "/a", "/b"]
    (agent,) = site.agents
    assert agent.startswith(f"djtrans/{djtrans.__version__} ")
    assert "Mozilla" not in agent


def test_what_robots_forbids_is_not_asked_for(site, get):
    site.answers |= {"/robots.txt": "User-agent: *\nDisallow: /a", "/a": "tracks"}
    with pytest.raises(RefusedError, match=r"robots\.txt asks robots not to load"):
        get("/a")
    assert site.asked == ["/robots.txt"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_without_robots_nothing_is_asked_for(site, get, status):
    site.answers |= {"/robots.txt": status, "/a": "tracks"}
    with pytest.raises(RefusedError, match=f"robots.txt: the site .*{status}"):
        get("/a")
    assert site.asked == ["/robots.txt"]


def test_robots_that_have_moved_are_followed(site, get):
    site.answers["/robots.txt"] = (301, {"Location": "/r.txt"}, "")
    site.answers |= {"/r.txt": "User-agent: djtrans\nDisallow: /", "/a": "tracks"}
    with pytest.raises(RefusedError, match="asks robots not to load"):
        get("/a")
    assert site.asked == ["/robots.txt", "/r.txt"]


def test_there_is_a_pause_between_any_two_requests(site, get, clock):
    site.answers |= {"/a": "tracks", "/b": "tracks"}
    get("/a")
    clock.now += 2.0  # what was done meanwhile counts
    get("/b")
    assert clock.waited == [5.0, 3.0]
    clock.now += 60.0
    get("/a", keep=False)
    assert len(clock.waited) == 2


@pytest.mark.parametrize(("asked", "pause"), [(30, 30.0), (1, 5.0)])
def test_a_longer_crawl_delay_counts(site, get, clock, asked, pause):
    site.answers |= {"/robots.txt": f"User-agent: *\nCrawl-delay: {asked}", "/a": "tracks"}
    get("/a")
    assert clock.waited == [pause]


def test_a_page_is_asked_for_once(site, get, fetcher, clock):
    site.answers["/a"] = "tracks ü"
    assert get("/a") == get("/a") == "TRACKS Ü"
    again = PoliteFetcher(5.0, Cache(fetcher._cache.root), clock, clock.sleep)
    assert again.fetch(site.url + "/a", read) == "TRACKS Ü"
    assert site.asked == ["/robots.txt", "/a"]


def test_a_page_that_is_not_understood_is_not_kept(site, get):
    site.answers["/a"] = "nothing here"
    with pytest.raises(TracklistError, match="layout has changed"):
        get("/a")
    site.answers["/a"] = "tracks"
    assert get("/a") == "TRACKS"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (403, "forbids it"),
        (401, "asks for a login"),
        ((429, {"Retry-After": "120"}, ""), "too many requests.*asks to wait 120 s"),
        (503, "not available"),
        (500, "500"),
        ("<title>Just a moment...</title>", "captcha"),
        ("<form>Please solve the CAPTCHA</form>", "captcha"),
    ],
)
def test_a_refusal_is_one_message_and_no_second_try(site, get, answer, said):
    site.answers["/a"] = answer
    with pytest.raises(RefusedError, match=said):
        get("/a")
    assert site.asked == ["/robots.txt", "/a"]


def test_a_page_with_tracks_may_speak_of_captchas(site, get):
    site.answers["/a"] = "tracks; captcha"
    assert get("/a") == "TRACKS; CAPTCHA"


def test_no_such_page_is_no_refusal(site, get):
    with pytest.raises(TracklistError, match="no such page") as caught:
        get("/a")
    assert not isinstance(caught.value, RefusedError)


def test_redirects_keep_to_the_rules(site, get, clock):
    site.answers |= {
        "/robots.txt": "User-agent: *\nDisallow: /secret",
        "/a": (302, {"Location": "/b"}, ""),
        "/b": "tracks",
        "/c": (301, {"Location": "/secret"}, ""),
        "/d": (301, {"Location": "http://localhost:1/x"}, ""),
        "/e": (302, {"Location": "/e"}, ""),
    }
    assert get("/a") == "TRACKS"
    assert clock.waited == [5.0, 5.0]
    with pytest.raises(RefusedError, match="not to load"):
        get("/c")
    with pytest.raises(TracklistError, match="another site, http://localhost:1/x"):
        get("/d")
    with pytest.raises(TracklistError, match="without end"):
        get("/e")
    assert "/secret" not in site.asked


def test_no_answer_and_no_address(site, fetcher):
    site.close()
    with pytest.raises(TracklistError, match="No answer from"):
        fetcher.fetch(site.url + "/a", read)
    with pytest.raises(TracklistError, match="No answer from"):
        fetcher.fetch(site.url + "/a b\n", read)
    with pytest.raises(TracklistError, match="no address of a page"):
        fetcher.fetch("ftp://example.org/a", read)
