"""The djmix-dataset: tracklists of MixesDB with links to the audio of mixes and tracks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry
from djtrans.core.util.json_documents import MALFORMED, check_characters, parse_json
from djtrans.core.util.names import visible
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
        entries = _entries(source)
        count = 0
        left_out = []
        for number, entry in enumerate(entries, start=1):
            mix = entry
            try:
                mix = parse_json(entry, characters=False) if isinstance(entry, str) else entry
                check_characters(mix)
                if not _is_mix(mix):
                    raise TracklistError("it has no list 'tracklist'")
                if not mix["tracklist"]:
                    continue
                count += 1
                tracklist = _tracklist(mix)
            except (*MALFORMED, TracklistError) as error:
                left_out.append(f"{_name(mix, number)}: {_brief(error)}")
                continue
            yield tracklist
        if not (count or left_out):
            raise TracklistError(f"{source} has no mix with a tracklist.")
        if left_out:
            raise TracklistError(
                f"{source}: {len(left_out)} of {len(entries)} mixes are left out, as they cannot "
                f"be read: {'; '.join(left_out[:3])}{'; ...' if left_out[3:] else ''}"
            )


def _entries(source: str) -> list[Any]:
    """Return the mixes of a file; of JSON lines, the lines."""
    text = read_text(source)
    if source.lower().endswith(".jsonl"):
        # Not splitlines(): JSON may contain other line separators as they are.
        lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
        if lines and not any(line.lstrip("\ufeff \t").startswith("{") for line in lines):
            raise TracklistError(f"{source} is not JSON lines: none begins with '{{'.")
        return list(lines)
    try:
        found = parse_json(text, characters=False)
    except ValueError as error:
        raise TracklistError(f"{source} is not JSON: {error}.") from None
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not (not found or any(map(_is_mix, found))):
        raise TracklistError(
            f"{source} is not of the djmix-dataset: that is a list of mixes, each with a "
            "'tracklist'."
        )
    return found


def _is_mix(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("tracklist"), list)


def _name(entry: object, number: int) -> str:
    id_ = entry.get("id") if isinstance(entry, dict) else None
    return str(id_)[:40] if isinstance(id_, (str, int)) else f"entry {number}"


def _brief(error: Exception) -> str:
    """Shorten a message to a part of a sentence."""
    text = f"no field {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
    return (text if len(text) <= 160 else f"{text[:160]}...").rstrip(".")


def _tracklist(mix: Mapping[str, Any]) -> Tracklist:
    stamped = [_stamped(_title(track)) for track in mix["tracklist"]]
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


def _title(track: object) -> str:
    title = track.get("title") if isinstance(track, dict) else None
    if not isinstance(title, str):
        raise TracklistError(f"a track without a title, {str(track)[:40]}")
    return visible(title)


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
