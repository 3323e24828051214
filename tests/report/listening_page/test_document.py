from __future__ import annotations

import json
import re

import pytest

from djtrans.core.errors import InputError
from djtrans.report.listening_page.audio_files import audio_folder, check_audio_folder
from djtrans.report.listening_page.document import page_html

COLOURS = {"light": {"text": "#000"}, "dark": {"text": "#fff"}}


def content_of(page):
    (text,) = re.findall(r'<script type="application/json" id="content">(.*?)</script>', page, re.S)
    return json.loads(text)


def test_a_title_cannot_end_a_script_or_become_markup():
    title = '</script><img src=x onerror=alert(1)> & "quoted" \u2028 {{style}}'
    page = page_html({"title": title}, COLOURS, {"t0-mix": "AAAA"})
    assert content_of(page)["title"] == title
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script")


def test_the_page_holds_all_that_it_needs_and_may_fetch_nothing():
    page = page_html({"title": "A → B"}, COLOURS, {"t0-mix": "AAAA"})
    assert '<script type="text/plain" id="audio-t0-mix">AAAA</script>' in page
    assert "default-src 'none'" in page
    assert "file:" not in re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "{{" not in page


def test_names_of_files_in_another_encoding_are_escaped():
    page = page_html({"title": "caf\udce9"}, COLOURS, {})
    assert content_of(page)["title"] == "caf\udce9"
    assert b"<title>caf\\udce9</title>" in page.encode("utf-8", "backslashreplace")


def test_the_audio_folder_is_replaced_only_if_it_has_nothing_else(tmp_path):
    page = tmp_path / "page.html"
    check_audio_folder(page)
    folder = audio_folder(page)
    folder.mkdir()
    (folder / "t0-mix.mp3.js").write_text("")
    check_audio_folder(page)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not written by djtrans"):
        check_audio_folder(page)
