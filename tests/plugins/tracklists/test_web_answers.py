"""Servers that stall, lie, never end or speak another encoding; all of them on loopback."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from email.message import Message

import pytest

from djtrans.core.errors import TracklistError
from djtrans.plugins.tracklists import web_answers
from djtrans.plugins.tracklists.polite import PoliteFetcher
from djtrans.plugins.tracklists.web_answers import Answer, decoded, request

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


class RawServer:
    """Sends the given bytes to whoever connects, with pauses between the parts."""

    def __init__(self):
        self.parts, self.pause, self.sent = [], 0.0, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.02)  # so that it can be stopped
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/a"
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.stopped.is_set():
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            with connection:
                try:
                    connection.recv(10_000)
                    for part in self.parts:
                        connection.sendall(part)
                        self.sent += len(part)
                        if self.pause and self.stopped.wait(self.pause):
                            return
                except OSError:
                    continue

    def close(self):
        self.stopped.set()
        self.thread.join(5.0)
        self.socket.close()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = RawServer()
    yield found
    found.close()


def ask(server, *parts, pause=0.0, **options):
    server.parts, server.pause = parts, pause
    return request(server.url, "djtrans/test", **options)


def test_an_answer(server):
    answer = ask(server, HEAD + b"Content-Length: 3\r\n\r\nabc")
    assert (answer.status, answer.text) == (200, "abc")
    assert ask(server, b"HTTP/1.1 404 No\r\n\r\nabc").status == 404


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([], "No answer from .* closed connection"),
        ([b"\x16\x03\x01"], "No answer from"),
        ([b"hello\r\n\r\n"], "No answer from"),
        ([HEAD + b"Content-Length: 10\r\n\r\nabc"], "ended after 3 of 10 bytes"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nabc"], "No answer from"),
        ([HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"abc")], "is compressed .gzip"),
        ([HEAD, b"x: " + b"y" * 100_000 + b"\r\n\r\n"], "No answer from"),
        ([HEAD, b"x: y\r\n" * 1000 + b"\r\n"], "No answer from"),
    ],
)
def test_answers_that_are_none(server, parts, why):
    with pytest.raises(TracklistError, match=why) as caught:
        ask(server, *parts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD + b"Content-Length: 1000\r\n\r\n"] + [b"x"] * 1000,
        [HEAD] + [b"x: y\r\n"] * 1000,
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 1000,
    ],
)
def test_a_server_that_sends_a_byte_now_and_then_is_left(server, monkeypatch, parts):
    monkeypatch.setattr(web_answers, "LONGEST_SECONDS", 0.3)
    start = time.perf_counter()
    with pytest.raises(TracklistError, match=r"was not complete after 0\.3 s"):
        ask(server, *parts, pause=0.05)
    assert time.perf_counter() - start < 2.0


def test_a_server_that_stalls_is_left(server, monkeypatch):
    monkeypatch.setattr(web_answers, "STALL_SECONDS", 0.2)
    with pytest.raises(TracklistError, match=r"No answer from .*timed out"):
        ask(server, HEAD, b"", pause=5.0)


def test_a_page_without_end_is_not_read_to_it(server, monkeypatch):
    monkeypatch.setattr(web_answers, "MOST_BYTES", 1_000_000)
    block = b"x" * 100_000
    with pytest.raises(TracklistError, match="is larger than 1 MB"):
        ask(server, HEAD + b"\r\n", *[block] * 1000)
    assert server.sent < 20_000_000
    # Of robots.txt, the beginning counts.
    answer = ask(server, HEAD + b"\r\n", *[block] * 1000, first_bytes=500)
    assert answer.text == "x" * 500


@pytest.mark.parametrize(
    ("raw", "header", "text"),
    [
        ("Кино".encode(), "", "Кино"),
        ("Кино".encode(), "iso-8859-1", "Кино"),  # a server that is set up wrongly
        ("Кино".encode("cp1251"), "windows-1251", "Кино"),
        ('<meta charset="windows-1251">Кино'.encode("cp1251"), "", None),
        ("Ünder".encode("cp1252"), "", "Ünder"),
        ("椎名".encode("shift-jis"), "Shift_JIS", "椎名"),
        (b"\xef\xbb\xbfabc", "", "abc"),
    ],
)
def test_encodings(raw, header, text):
    headers = Message()
    if header:
        headers["Content-Type"] = f"text/html; charset={header}"
    assert decoded(raw, headers, "x").endswith(text or "Кино")


@pytest.mark.parametrize("stated", ["utf-8", "hex", "idna", "no-such", "ascii"])
def test_an_encoding_that_is_not_the_stated_one_is_said(stated):
    headers = Message()
    headers["Content-Type"] = f"text/html; charset={stated}"
    with pytest.warns(UserWarning, match=rf"nor in the encoding that it states \({stated}\)"):
        assert decoded(b"\xcaino", headers, "x") == "\ufffdino"


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://[", "sends on to no address"),
        ("file:///etc/passwd", "no address of a page"),
        ("http://" + "a" * 3000, "sends on to no address"),
        ("https://example.org@evil.example/x", "has moved to another site"),
        ("//evil.example/x", "has moved to another site"),
        ("http://example.org/x", "has moved to another site"),  # not encrypted any more
        ("ftp://example.org/x", "no address of a page"),
    ],
)
def test_where_an_answer_may_not_send_on_to(tmp_path, clock, monkeypatch, location, why):
    from djtrans.core.util.cache import Cache
    from djtrans.plugins.tracklists import polite

    asked = []

    def answers(url, agent, *, first_bytes=None):
        asked.append(url)
        headers = Message()
        headers["Location"] = location
        return Answer(404 if url.endswith("robots.txt") else 301, headers)

    monkeypatch.setattr(polite, "request", answers)
    fetcher = PoliteFetcher(5.0, Cache(tmp_path), clock, clock.sleep)
    with pytest.raises(TracklistError, match=why):
        fetcher.fetch("https://example.org/a", str)
    assert asked == ["https://example.org/robots.txt", "https://example.org/a"]
