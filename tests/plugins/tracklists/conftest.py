"""A site on loopback with pages written for the tests, and a clock that nobody waits for."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from djtrans.core.util.cache import Cache
from djtrans.plugins.tracklists.polite import PoliteFetcher


class Site:
    """Answers by path: a text, a status, or both with headers."""

    def __init__(self):
        self.answers = {"/robots.txt": 404}
        self.asked = []
        self.agents = set()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                site.agents.add(self.headers["User-Agent"])
                answer = site.answers.get(self.path, 404)
                if isinstance(answer, str):
                    answer = (200, {}, answer)
                elif isinstance(answer, int):
                    answer = (answer, {}, "")
                status, headers, text = answer
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class FakeClock:
    """Time passes only by being waited for."""

    def __init__(self):
        self.now = 100.0
        self.waited = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.waited.append(seconds)
        self.now += seconds


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = Site()
    yield served
    served.close()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def fetcher(tmp_path, clock):
    return PoliteFetcher(5.0, Cache(tmp_path / "cache"), clock, clock.sleep)


def row(name, cue="", number=1, together=False, shown=None):
    """A track as the site marks it up."""
    seconds = sum(int(n) * 60**i for i, n in enumerate(reversed(cue.split(":")))) if cue else 0
    shown = name if shown is None else shown
    return f"""
    <div id="tlp_{number}" class="tlpTog bItm tlpItem trRow{number}{" con" if together else ""}">
     <div class="bPlay"><span class="fontXL">{number:02}</span>
      <div class="cue noWrap action mt5">{cue}</div>
      <input type="hidden" id="tlp{number}_cue_seconds" value="{seconds}"></div>
     <div id="tlp{number}_content" class="fontL" itemprop="tracks">
      <meta itemprop="name" content="{name}"><meta itemprop="byArtist" content="x">
      <span class="trackValue"><a href="/track/abc{number}/x/index.html">{shown}</a></span>
     </div><br>
    </div>"""


def mix_page(*rows, title="Ada &amp; Bo @ Plain 2026-01-02"):
    return f"""<!DOCTYPE html><html><head><title>{title} | site</title>
    <meta property="og:title" content="{title}"><script>var captcha = 'none';</script></head>
    <body><h1>x</h1><div id="tlTab">{"".join(rows)}</div>
    <div class="cue">99:99</div></body></html>"""


PAGE = mix_page(
    row("Ada - One (Bo Remix)", "0:00", 1),
    row("Cy &amp; Dee - Two", "3:45", 2),
    row("Eve - Three", "", 3, together=True),
    row("ID - ID", "1:02:03", 4),
)


@pytest.fixture
def page():
    """A page with four tracks."""
    return PAGE


@pytest.fixture
def pages():
    """What makes pages: ``row(...)`` and ``mix_page(*rows)``."""
    return row, mix_page
