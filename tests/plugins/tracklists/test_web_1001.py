"""A genre and pages of mixes, collected from a site on loopback."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.errors import ConfigError, InputError
from djtrans.core.track.tracklist_files import load_tracklist
from djtrans.datasets.mixes.collection import collect
from djtrans.plugins.tracklists import Web1001Config
from djtrans.plugins.tracklists.web_1001 import Web1001
from djtrans.registry import Registry

INDEX = "/genre/tech-house/index.html"


@pytest.fixture
def genre(site, pages):
    """Two pages that list three mixes each, one of them on both."""
    row, mix_page = pages
    for name in "abcde":
        rows = (row(f"{name} - One", "0:00", 1), row(f"{name} - Two", "4:00", 2))
        site.answers[f"/tracklist/{name}/mix.html"] = mix_page(*rows, title=f"Mix {name}")
    for page, names, after in (("", "abc", "index2.html"), ("2", "cde", "")):
        links = "".join(f'<a href="/tracklist/{name}/mix.html">{name}</a>' for name in names)
        further = f'<a rel="next" href="{after}">more</a>' if after else ""
        site.answers[f"/genre/tech-house/index{page}.html"] = links + further
    return site


@pytest.fixture
def run(site, fetcher, tmp_path):
    """Collect, with the source pointed at the loopback site."""

    def call(*sources, **options):
        registry = Registry(discover=False)
        config = Web1001Config(base_url=site.url)
        real = registry.tracklists.find("1001tracklists").declaration
        ours = attrs.evolve(
            real, factory=lambda _: Web1001(config, fetcher), hosts=("127.0.0.1", *real.hosts)
        )
        with registry.override("tracklist", "1001tracklists", ours):
            return collect(sources, output=tmp_path / "out", registry=registry, **options)

    return call


def test_a_genre_page_by_page_each_mix_once(genre, run, clock):
    found = run(genre="tech-house", most=50)
    lists = [load_tracklist(path) for path in found.written]
    assert [mix.title for mix in lists] == [f"Mix {name}" for name in "abcde"]
    assert lists[0].url == f"{genre.url}/tracklist/a/mix.html"
    assert lists[0].source == "djtrans/1001tracklists"
    assert [e.start_seconds for e in lists[0].entries] == [0, 240]
    assert found.failed == {}
    assert len(genre.asked) == len(set(genre.asked)) == 8
    assert clock.waited == [5.0] * 7


def test_no_more_is_asked_for_than_is_wanted(genre, run):
    assert len(run(genre="tech-house", most=2).written) == 2
    mixes = ["/tracklist/a/mix.html", "/tracklist/b/mix.html"]
    assert genre.asked == ["/robots.txt", INDEX, *mixes]
    genre.asked.clear()
    found = run(genre="tech-house", most=3)  # the rest, and what is known is not asked for
    assert (len(found.known), len(found.written)) == (2, 1)
    assert genre.asked == [INDEX, "/tracklist/c/mix.html"]


@pytest.mark.parametrize("answer", [403, 429, "<p>Please fill out the captcha</p>"])
def test_a_refusal_ends_it_and_what_is_done_stays(genre, run, answer):
    genre.answers["/tracklist/b/mix.html"] = answer
    found = run(genre="tech-house", most=50)
    assert len(found.written) == 1
    assert len(found.failed) == 1
    assert genre.asked[-1] == "/tracklist/b/mix.html"


def test_a_refusal_of_the_catalogue_is_one_failure(genre, run):
    genre.answers["/robots.txt"] = "User-agent: *\nDisallow: /genre/"
    found = run(genre="tech-house", most=50)
    assert "robots.txt" in found.failed["tech-house"]
    assert genre.asked == ["/robots.txt"]


def test_one_bad_page_is_passed_over_and_three_in_a_row_end_it(genre, run):
    genre.answers["/tracklist/a/mix.html"] = "<p>soon</p>"
    found = run(genre="tech-house", most=50)
    assert (len(found.written), len(found.failed)) == (4, 1)
    assert "layout of these pages has changed" in next(iter(found.failed.values()))


def test_a_changed_layout_is_noticed_after_three_pages(genre, run):
    for name in "abcde":
        genre.answers[f"/tracklist/{name}/mix.html"] = "<p>all new</p>"
    found = run(genre="tech-house", most=50)
    assert (found.written, len(found.failed)) == ([], 3)
    assert genre.asked[-1] == "/tracklist/c/mix.html"


def test_a_page_by_its_address_and_a_saved_one(genre, run, page, tmp_path):
    (tmp_path / "saved.html").write_text(page, encoding="utf-8")
    found = run(f"{genre.url}/tracklist/a/mix.html", str(tmp_path / "saved.html"))
    assert [load_tracklist(path).title for path in found.written] == [
        "Mix a",
        "Ada & Bo @ Plain 2026-01-02",
    ]
    genre.asked.clear()
    assert len(run(f"{genre.url}/tracklist/a/mix.html").known) == 1
    assert genre.asked == []


def test_a_saved_captcha_is_said_to_be_one_and_keeps_nothing_else(run, page, tmp_path):
    (tmp_path / "saved.html").write_text("<title>Just a moment...</title>")
    (tmp_path / "good.html").write_text(page)
    found = run(str(tmp_path / "saved.html"), str(tmp_path / "good.html"))
    (message,) = found.failed.values()
    assert "a captcha" in message
    assert len(found.written) == 1


def test_addresses_one_by_one_stop_as_those_of_a_genre_do(genre, run):
    addresses = [f"{genre.url}/tracklist/{name}/mix.html" for name in "abcde"]
    genre.answers["/tracklist/b/mix.html"] = 429
    found = run(*addresses)
    assert (len(found.written), list(found.failed)) == (1, addresses[1:2])
    assert genre.asked[-1] == "/tracklist/b/mix.html"


def test_what_is_no_genre_is_not_asked_for(site, run):
    with pytest.raises(InputError, match="write it as the site does"):
        run(genre="../admin", most=1)
    assert site.asked == []


def test_the_delay_cannot_be_turned_off():
    with pytest.raises(ConfigError, match="delay_seconds"):
        config_from_dict(Web1001Config, {"delay_seconds": 0.0})
