"""Start and end of tracks without a transition: at the ends of the set, and at gaps."""

from __future__ import annotations

import attrs

from djtrans.core.transition.plan import track_seconds
from djtrans.sets.boundaries import Boundary, Gap, edge, rendered_span
from djtrans.sets.options import SetOptions
from djtrans.sets.scanning import SetTrack


@attrs.frozen
class Entry:
    """Start of a track in the set.

    Attributes
    ----------
    seconds : float
        Track time from which it plays by itself.
    counted_from : float
        Track time from which its time is counted: the swap, or its start.
    played : float
        Time that has passed since then at `seconds`.
    rate : float
        Its tempo at `seconds`, relative to the file.
    mixed : bool
        True after a transition.
    """

    seconds: float
    counted_from: float
    played: float = 0.0
    rate: float = 1.0
    mixed: bool = False

    def track_seconds_after(self, seconds: float, rate: float) -> float:
        """Return the track time at which the track has played so long, at a constant rate."""
        return self.seconds + (seconds - self.played) * rate


def entry_of(track: SetTrack, before: Boundary | None, sample_rate: int) -> Entry:
    """Return the start of a track after a boundary; None is the start of the set."""
    if before is None:
        return Entry(track.start_seconds, track.start_seconds)
    if isinstance(before, Gap):
        return Entry(before.start_seconds, before.start_seconds)
    stop = rendered_span(before, sample_rate).stop
    seconds, rate = edge(before.b.warp, stop, sample_rate, last=True)
    return Entry(
        seconds,
        counted_from=track_seconds(before.b.warp, before.swap_seconds),
        played=stop / sample_rate - before.swap_seconds,
        rate=rate,
        mixed=True,
    )


def end_of(track: SetTrack, entry: Entry, options: SetOptions) -> float:
    """Return the track time at which a track ends that is not mixed into another.

    That is the end of its sound; with a greatest time, the last phrase boundary that keeps the
    limits, or else the greatest time itself.
    """
    end = track.end_seconds
    if options.max_seconds is None:
        return end
    # The tempo changes from the one at the entry to that of the file.
    latest = entry.track_seconds_after(options.max_seconds, min(entry.rate, 1.0))
    if end <= latest:
        return end
    earliest = max(
        entry.track_seconds_after(options.min_seconds or 0.0, max(entry.rate, 1.0)),
        entry.seconds + options.fade_seconds + track.bar_seconds,
    )
    bars = sorted(track.analysis.phrase_bars)
    lines = [track.analysis.grid.time_of_bar(bar) for bar in bars]
    return max((line for line in lines if earliest <= line <= latest), default=latest)


def make_gap(
    a: SetTrack, b: SetTrack, entry: Entry, options: SetOptions, reason: str, *, wanted: bool
) -> Gap:
    """Return the gap between two tracks; a fade, unless the options are for a cut."""
    cut = options.gap == "cut"
    return Gap(
        end_seconds=end_of(a, entry, options),
        start_seconds=b.start_seconds,
        fade_seconds=0.0 if cut else options.fade_seconds,
        pause_seconds=0.0 if cut else options.pause_seconds,
        reason="as requested" if wanted else reason,
    )
