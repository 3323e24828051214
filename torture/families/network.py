"""Pages and hubs, on this machine, that stall, redirect or lie about length."""

from __future__ import annotations

import http.server
import socket
import time
from collections.abc import Callable, Iterator
from random import Random

from torture import corpus
from torture.bench import Bench, Place, run_judged
from torture.case import Case, Command, Result
from torture.judge import Promise
from torture.process import background

_FOREVER_SECONDS = 3600
#: Longer than djtrans waits for the rules of a site and for a page, 120 s each.
_PATIENCE_SECONDS = 280
Answer = Callable[["Handler"], None]


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives the answer of the server to each request."""

    protocol_version = "HTTP/1.1"
    answer: Answer
    robots: bytes | None = None

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path == "/robots.txt" and self.robots is not None:
            self.give(200, self.robots)
            return
        type(self).answer(self)

    do_HEAD = do_GET

    def give(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **named}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(_FOREVER_SECONDS):
        handler.wfile.write(b"<")
        handler.wfile.flush()
        time.sleep(1)


def _endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b"<html>" * 10000)


def _headers_without_end(handler: Handler) -> None:
    handler.send_response(200)
    for number in range(300):
        handler.send_header(f"X-{number}", "x" * 1000)
    handler.end_headers()


def _cut(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>")
    handler.connection.shutdown(socket.SHUT_RDWR)


_PAGE = b"<html><title>x</title></html>"
#: Answers by name.
ANSWERS: dict[str, Answer] = {
    "an empty page": lambda h: h.give(200),
    "a page of nothing": lambda h: h.give(200, _PAGE),
    "stalls": lambda h: time.sleep(_FOREVER_SECONDS),
    "drips": _drip,
    "has no end": _endless,
    "headers without end": _headers_without_end,
    "less than it says": _cut,
    "more than it says": lambda h: h.give(200, _PAGE * 10, Content_Length="10"),
    "negative length": lambda h: h.give(200, _PAGE, Content_Length="-5"),
    "length is text": lambda h: h.give(200, _PAGE, Content_Length="long"),
    "length of 2 EB": lambda h: h.give(200, _PAGE, Content_Length=str(2**61), Connection="close"),
    "redirects to itself": lambda h: h.give(302, Location=h.path),
    "redirects without end": lambda h: h.give(302, Location=h.path + "x"),
    "redirects elsewhere": lambda h: h.give(302, Location="http://example.invalid/x"),
    "redirects to a file": lambda h: h.give(302, Location="file:///etc/passwd"),
    "redirects nowhere": lambda h: h.give(302, Location=""),
    "redirects to nonsense": lambda h: h.give(302, Location="http://[::1"),
    "redirect without a place": lambda h: h.give(302),
    "forbidden": lambda h: h.give(403),
    "too many requests": lambda h: h.give(429, Retry_After="100"),
    "broken": lambda h: h.give(500),
    "odd status": lambda h: h.give(799),
    "no status": lambda h: h.wfile.write(b"nonsense\r\n\r\n"),
    "closes": lambda h: h.connection.shutdown(socket.SHUT_RDWR),
    "unknown charset": lambda h: h.give(200, _PAGE, Content_Type="text/html; charset=klingon"),
    "rot13 charset": lambda h: h.give(200, _PAGE, Content_Type="text/html; charset=rot13"),
    "zlib charset": lambda h: h.give(200, _PAGE, Content_Type="text/html; charset=zlib"),
    "idna charset": lambda h: h.give(200, b"\xff.." * 99, Content_Type="text/html; charset=idna"),
    "noise": lambda h: h.give(200, bytes(range(256)) * 1000),
    "compressed": lambda h: h.give(200, b"\x1f\x8b\x08\0nonsense", Content_Encoding="gzip"),
    "nested": lambda h: h.give(200, b"<div>" * 200_000),
}
_ROBOTS: dict[str, bytes] = {
    "wildcards": b"User-agent: *\nDisallow: /" + b"*a" * 12 + b"$\n",
    "infinite delay": b"User-agent: *\nCrawl-delay: inf\n",
    "huge delay": b"User-agent: *\nCrawl-delay: 1e300\n",
    "no number": b"User-agent: *\nCrawl-delay: nan\n",
    "negative delay": b"User-agent: *\nCrawl-delay: -5\n",
    "large": b"User-agent: *\nDisallow: /x\n" * 100_000,
    "noise": bytes(range(256)) * 100,
    "UTF-16": "User-agent: *\nDisallow: /\n".encode("utf-16"),
}


def _serve(server: socket.socket, answer: Answer, robots: bytes | None) -> None:
    kind = type("Server", (Handler,), {"answer": staticmethod(answer), "robots": robots})
    host = http.server.ThreadingHTTPServer(server.getsockname(), kind, bind_and_activate=False)
    host.socket.close()
    host.socket = server
    host.handle_error = lambda *_: None
    host.serve_forever()


def address_of(server: socket.socket) -> str:
    """Return the address of a server on this machine."""
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def _asked(name: str, answer: Answer, robots: bytes | None, *, genre: bool = False) -> Case:
    def run(bench: Bench, place: Place, rng: Random) -> Result:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = address_of(server)
            page = f"{address}/{'a' * 30}.html"
            source = ("--genre", "house", "--max", "1") if genre else (page,)
            settings = ("base_url", address), ("delay_seconds", "3")
            command = Command(
                arguments=(
                    *("collect", *source, "--source", "1001tracklists", "--output", "out"),
                    *(f"--set=1001tracklists.{field}={value}" for field, value in settings),
                ),
                seconds=_PATIENCE_SECONDS,
                environment={"no_proxy": "127.0.0.1"},
            )
            with background(lambda: _serve(server, answer, robots)):
                return run_judged(place, command, Promise(maybe=("out",)))

    return Case("network", f"page {'of a genre ' * genre}{name}", run)


def _hub(name: str, answer: Answer) -> Case:
    def run(bench: Bench, place: Place, rng: Random) -> Result:
        place.warm(bench.corpus / "cache")
        corpus.place_tracks(bench, place)
        model = rng.random() < 0.5
        options = [
            "demucs" if option == "spectral" and not model else option for option in corpus.GENERATE
        ]
        if model:
            options[options.index("none")] = "someone/some-model"
        with socket.create_server(("127.0.0.1", 0)) as server:
            command = Command(
                arguments=("generate", "a.wav", "b.wav", "-o", "out.wav", *options),
                environment={
                    "HF_ENDPOINT": address_of(server),
                    "HF_HUB_OFFLINE": None,
                    "no_proxy": "127.0.0.1",
                },
                seconds=150,
                fresh=True,
            )
            with background(lambda: _serve(server, answer, None)):
                promise = Promise(outputs=("out.wav",), expected="refused")
                return run_judged(place, command, promise)

    return Case("network", f"hub {name}", run)


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for name, answer in ANSWERS.items():
        yield _asked(name, answer, b"")
        if rng.random() < 0.3:
            yield _asked(f"and robots {name}", answer, None)
        if rng.random() < 0.3:
            yield _asked(name, answer, b"", genre=True)
        if "charset" not in name:
            yield _hub(name, answer)
    for name, robots in _ROBOTS.items():
        yield _asked(f"robots {name}", ANSWERS["a page of nothing"], robots)
