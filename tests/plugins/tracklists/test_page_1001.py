"""Pages of 1001tracklists: what is marked up is read, and what has changed is noticed."""

from __future__ import annotations

import time

import pytest

from djtrans.core.errors import RefusedError, TracklistError
from djtrans.plugins.tracklists.page_1001 import parse_genre, parse_mix

WHERE = "https://www.1001tracklists.com/tracklist/abc/ada.html"


def test_a_page(page):
    found = parse_mix(page, WHERE)
    assert found.title == "Ada & Bo @ Plain 2026-01-02"
    assert found.url == WHERE
    said = [(e.start_seconds, e.artist, e.title, e.mix, e.with_previous) for e in found.entries]
    assert said == [
        (0, "Ada", "One", "Bo Remix", False),
        (225, "Cy & Dee", "Two", "", False),
        (None, "Eve", "Three", "", True),
        (3723, "ID", "ID", "", False),
    ]
    assert found.entries[1].url == "https://www.1001tracklists.com/track/abc2/x/index.html"


def test_starts_from_the_script_at_the_end_of_the_page(pages):
    row, mix_page = pages
    rows = [row(f"Ada - {n}", "", n) for n in (1, 2, 3)]
    script = """<script>
      cueValuesEntry = {}; cueValuesEntry.seconds = 0; cueValuesEntry.ids = [];
      cueValuesEntry.ids[0] = 'tlp1_content';
      cueValuesEntry = {}; cueValuesEntry.seconds = 750; cueValuesEntry.ids = [];
      cueValuesEntry.ids[0] = 'tlp2_content'; cueValuesEntry.ids[1] = 'tlp3_content';
    </script>"""
    found = parse_mix(mix_page(*rows, script), WHERE)
    assert [e.start_seconds for e in found.entries] == [0, 750, 750]


def test_a_saved_page_says_its_own_address(page):
    link = f'<link rel="canonical" href="{WHERE}">'
    found = parse_mix(page.replace("<meta", link + "<meta", 1), "saved.html")
    assert found.url == WHERE
    assert parse_mix(page, "saved.html").url == ""


def test_the_name_that_is_shown_serves_where_none_is_marked_up(page):
    found = parse_mix(page.replace('itemprop="name"', 'itemprop="other"'), WHERE)
    assert [e.title for e in found.entries] == ["One", "Two", "Three", "ID"]


def test_a_changed_layout_is_an_error(page):
    with pytest.raises(TracklistError, match="layout of these pages has changed"):
        parse_mix(page.replace("tlpItem", "trackRow"), WHERE)
    renamed = page.replace('itemprop="name"', 'itemprop="n"').replace("trackValue", "shown")
    with pytest.raises(TracklistError, match="layout of these pages has changed"):
        parse_mix(renamed, WHERE)


def test_other_tags_are_no_other_layout(page):
    assert parse_mix(page.replace("div", "section"), WHERE) == parse_mix(page, WHERE)


def test_made_up_names_are_a_refusal(pages):
    row, mix_page = pages
    names = ["Ada - One", "Bo - Two", "Cy - Three"]
    one = [row(n, "", i, shown="Wrong - Name" if i == 1 else n) for i, n in enumerate(names)]
    assert len(parse_mix(mix_page(*one), WHERE).entries) == 3
    two = [row(n, "", i, shown="Wrong - Name" if i else n) for i, n in enumerate(names)]
    with pytest.raises(RefusedError, match="false names"):
        parse_mix(mix_page(*two), WHERE)


def test_a_genre_lists_mixes_and_a_next_page():
    text = """<a href="/tracklist/abc/ada.html">x</a><a href="/tracklist/abc/ada.html">again</a>
    <a href="/dj/ada/index.html">Ada</a><a href="/tracklist/create/">new</a>
    <a href="https://www.1001tracklists.com/tracklist/def/bo-2026.html">y</a>
    <a rel="next" href="index2.html">more</a>"""
    where = "https://www.1001tracklists.com/genre/tech-house/index.html"
    found, after = parse_genre(text, where)
    assert found == [WHERE, "https://www.1001tracklists.com/tracklist/def/bo-2026.html"]
    assert after == "https://www.1001tracklists.com/genre/tech-house/index2.html"
    assert parse_genre(text.replace('rel="next"', ""), where)[1] == ""
    with pytest.raises(TracklistError, match="or there is no such genre"):
        parse_genre('<a href="/dj/ada/index.html">Ada</a>', where)


@pytest.mark.parametrize(
    "part", ["<meta ", "<!--", "<", "</", "<?", '<a x="', "<![CDATA[", "<b>x</b>"]
)
def test_no_page_takes_long(part):
    start = time.perf_counter()
    with pytest.raises(TracklistError, match="No tracks are found"):
        parse_mix(part * (100_000 // len(part)), "page.html")
    assert time.perf_counter() - start < 2.0
