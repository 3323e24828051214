"""Make one request, and read the answer of a server that may stall, lie or never end."""

from __future__ import annotations

import http.client
import re
import threading
import urllib.error
import urllib.request
import warnings
from email.message import Message
from typing import IO
from urllib.parse import quote

import attrs

from djtrans.core.errors import TracklistError
from djtrans.core.util.atomic_files import reason

#: A longer page is refused.
MOST_BYTES = 10_000_000
#: Time without a single byte, and for the whole answer.
STALL_SECONDS, LONGEST_SECONDS = 30.0, 120.0
_CHUNK_BYTES = 1 << 16
#: Characters with a meaning in addresses.
_SAFE = "%/:?&=;@+$,!~*'()#[]|"
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


@attrs.frozen
class Answer:
    """Answer of a server.

    Attributes
    ----------
    status : int
    headers : Message
    text : str
        Content; ``""`` unless the status is 200.
    """

    status: int
    headers: Message
    text: str = ""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows nothing by itself: the next page has robots rules, and a delay, of its own."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: object,
        newurl: str,
    ) -> None:
        """None: the answer is handed to the caller as it is."""


# The proxies of the environment are used as by any program; redirects are looked at first.
_opener = urllib.request.build_opener(_Redirects)


def request(url: str, user_agent: str, *, first_bytes: int | None = None) -> Answer:
    """Request a page once.

    Parameters
    ----------
    url : str
        Of http or https.
    user_agent : str
    first_bytes : int, optional
        Read only so much; by default, a page above :data:`MOST_BYTES` is refused.

    Raises
    ------
    TracklistError
        If there is no complete answer in time, or it is too large or compressed.
    """
    outcome: list[Answer | Exception] = []

    def ask() -> None:
        try:
            outcome.append(_answer(url, user_agent, first_bytes))
        except Exception as error:  # noqa: BLE001 -- raised below, in the caller's thread
            outcome.append(error)

    # A thread, as no timeout of a socket covers a server that sends a byte now and then.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(LONGEST_SECONDS)
    if not outcome:
        raise TracklistError(
            f"No answer from {url}: it was not complete after {LONGEST_SECONDS:g} s. Try it later."
        )
    if isinstance(outcome[0], Answer):
        return outcome[0]
    error = outcome[0]
    if not isinstance(error, (OSError, ValueError, http.client.HTTPException)):
        raise error
    cause = getattr(error, "reason", error)
    said = reason(cause if isinstance(cause, Exception) else error)
    raise TracklistError(f"No answer from {url}: {said} Try it later.") from None


def _answer(url: str, user_agent: str, first_bytes: int | None) -> Answer:
    asked = urllib.request.Request(quote(url, safe=_SAFE), headers={"User-Agent": user_agent})
    try:
        with _opener.open(asked, timeout=STALL_SECONDS) as answer:
            raw = _content(answer, url, first_bytes)
            return Answer(answer.status, answer.headers, decoded(raw, answer.headers, url))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers)


def _content(answer: http.client.HTTPResponse, url: str, first_bytes: int | None) -> bytes:
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise TracklistError(
            f"{url} is compressed ({encoding[:20]}), which djtrans does not ask for; save the page "
            "in your browser, and give the file."
        )
    most = MOST_BYTES if first_bytes is None else first_bytes
    raw = b""
    while len(raw) <= most and (chunk := answer.read(_CHUNK_BYTES)):
        raw += chunk
    if len(raw) > most:
        if first_bytes is None:
            raise TracklistError(
                f"{url} is larger than {most / 1e6:.0f} MB, and no tracklist; it was not read."
            )
        return raw[:most]
    stated = answer.headers.get("Content-Length", "")
    if re.fullmatch(r"[0-9]{1,18}", stated) and len(raw) < int(stated):
        raise TracklistError(
            f"No answer from {url}: it ended after {len(raw)} of {stated} bytes. Try it later."
        )
    return raw


def decoded(raw: bytes, headers: Message, url: str) -> str:
    """Decode a page: UTF-8 if it is, else by the encoding that it states.

    Warns
    -----
    UserWarning
        If it is in neither.
    """
    in_page = _META_CHARSET.search(raw[:2048])
    stated = headers.get_content_charset() or (in_page[1].decode("ascii") if in_page else "")
    # Text in another encoding is hardly ever valid UTF-8, whatever a server says.
    for encoding in ("utf-8-sig", stated or "cp1252"):
        try:
            return raw.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    warnings.warn(
        f"{url} is neither UTF-8 nor in the encoding that it states ({stated or 'none'}); letters "
        "that cannot be read are replaced.",
        stacklevel=2,
    )
    return raw.decode("utf-8", errors="replace")
