"""The djmix-dataset: tracklists of MixesDB with links to the audio of mixes and tracks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.plugins.tracklists.names import entry_of
from djtrans.plugins.tracklists.reading import read_text

#: ``[05]`` or ``[105]`` minutes, ``[05:30]``, ``[1:05:30]``, and ``[??]`` where nobody knows.
_STAMP = re.compile(r"\s*\[([\d?]{1,3}(?::[\d?]{2}){0,2})\]\s*")


class DjmixDataset:
    """Reads ``djmix-dataset.json``, or JSON lines of the same fields.

    A mix has ``id``, ``title``, ``url``, ``audio_url`` and a ``tracklist`` of ``title`` and ``id``,
    a YouTube id or null. Starts stand in the titles, mostly in whole minutes.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[Tracklist]:
        """Read all mixes that have tracks; see :class:`TracklistSource`.

        Raises
        ------
        TracklistError
            If there is none; or after the others, if some cannot be read.
        """
        mixes = [mix for mix in _mixes(source) if mix["tracklist"]]
        if not mixes:
            raise TracklistError(f"{source} has no mix with a tracklist.")
        left_out = []
        for mix in mixes:
            try:
                tracklist = _tracklist(mix)
            except (KeyError, TypeError, AttributeError, TracklistError) as error:
                left_out.append(f"{mix.get('id')} ({error})")
                continue
            yield tracklist
        if left_out:
            raise TracklistError(
                f"{source}: {len(left_out)} of {len(mixes)} mixes are left out, as they cannot be "
                f"read: {'; '.join(left_out[:3])}{'; ...' if left_out[3:] else ''}"
            )


def _mixes(source: str) -> list[dict[str, Any]]:
    text = read_text(source)
    try:
        if source.lower().endswith(".jsonl"):
            found: Any = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            found = json.loads(text)
    except ValueError as error:
        raise TracklistError(f"{source} is not JSON: {error}.") from None
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(
        isinstance(mix, dict) and isinstance(mix.get("tracklist"), list) for mix in found
    ):
        raise TracklistError(
            f"{source} is not of the djmix-dataset: that is a list of mixes, each with a "
            "'tracklist'."
        )
    return found


def _tracklist(mix: Mapping[str, Any]) -> Tracklist:
    stamped = [_stamped(track["title"]) for track in mix["tracklist"]]
    entries: list[TracklistEntry] = []
    for track, (start, _, text) in zip(mix["tracklist"], stamped, strict=True):
        address = f"https://www.youtube.com/watch?v={track['id']}" if track.get("id") else ""
        entries.append(entry_of(text, start, address))
    minutes = any(whole for _, whole, _ in stamped)
    return Tracklist(
        title=mix["title"],
        entries=entries,
        url=mix.get("url") or "",
        audio=mix.get("audio_url") or "",
        resolution_seconds=60.0 if minutes else 1.0,
    )


def _stamped(title: str) -> tuple[float | None, bool, str]:
    """Start, whether it is in whole minutes, and the rest."""
    found = _STAMP.match(title)
    if not found:
        return None, False, title
    rest = title[found.end() :]
    if "?" in found[1]:
        return None, False, rest
    numbers = [int(number) for number in found[1].split(":")]
    if len(numbers) == 1:
        return 60.0 * numbers[0], True, rest
    hours, minutes, seconds = [0] * (3 - len(numbers)) + numbers
    return 3600.0 * hours + 60.0 * minutes + seconds, False, rest
