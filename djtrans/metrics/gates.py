"""Gates: five checks of a rendered transition, of alignment, bass, voices, level and placement.

A gate is not a score: it compares measurements with documented limits and names those that decide.
Gates compare transitions of one technique; a hard cut passes every gate about an overlap, because
it has none.

``docs/metrics.md`` documents where the limits come from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from djtrans.metrics.bass_overlap import BassOverlap
from djtrans.metrics.beat_offset import BeatOffset
from djtrans.metrics.level_profile import LevelProfile
from djtrans.metrics.peaks import Peaks
from djtrans.metrics.phrase_alignment import ON_LINE_BEATS, PhraseAlignment
from djtrans.metrics.placement import Placement
from djtrans.metrics.vocals import Vocals

#: From the best to the worst; what could not be measured is no pass.
VERDICTS = ("pass", "not measurable", "warn", "fail")


@attrs.frozen
class Gate:
    """Verdict of one check, and the measurements that it is made of.

    Attributes
    ----------
    name : str
        ``"aligned"``, ``"one bass"``, ``"one voice"``, ``"level"`` or ``"placement"``.
    verdict : {"pass", "not measurable", "warn", "fail"}
    why : str
        Measurements that decide, and what could not be measured.
    limits : tuple of Limit
        All measurements of the gate, with their limits.
    """

    name: str
    verdict: str
    why: str
    limits: tuple[Limit, ...] = attrs.field(default=(), eq=False, repr=False)

    @property
    def is_doubtful(self) -> bool:
        """True if other curves might pass: not where nothing could be measured, as without stems.

        A gate with some measurements, but without a required one, might.
        """
        if self.verdict == "not measurable":
            return any(limit.value is not None for limit in self.limits)
        return self.verdict != "pass"


@attrs.frozen
class Limit:
    """Measurement with its two limits.

    Attributes
    ----------
    value : float or None
        Measured value; None if there is none.
    warn_above, fail_above : float
        The largest value that passes, and the largest that only warns.
    text : str
        Format string of the value.
    reason : str
        Reason why there is no value.
    required : bool
        True if the gate does not pass without this value.
    """

    value: float | None
    warn_above: float
    fail_above: float
    text: str
    reason: str = ""
    required: bool = False

    @property
    def verdict(self) -> str:
        """Return the verdict of this measurement alone."""
        if self.value is None:
            return "not measurable"
        if self.value > self.fail_above:
            return "fail"
        return "warn" if self.value > self.warn_above else "pass"

    @property
    def words(self) -> str:
        """Describe the value, and the limit that it exceeds."""
        if self.value is None:
            return self.reason
        said = self.text.format(self.value)
        limit = {"warn": self.warn_above, "fail": self.fail_above}.get(self.verdict)
        return said if limit is None else f"{said} (limit {limit:g})"


def gate(name: str, limits: Sequence[Limit]) -> Gate:
    """Combine limits into a gate: the worst verdict, and the limits that caused it.

    Parameters
    ----------
    name : str
    limits : sequence of Limit

    Returns
    -------
    Gate
        ``"not measurable"`` if nothing could be measured, or if everything else passes and a
        required value is missing.
    """
    limits = tuple(limits)
    measured = [limit for limit in limits if limit.value is not None]
    missing = [limit.words for limit in limits if limit.value is None and limit.reason]
    if not measured:
        return Gate(name, "not measurable", "; ".join(missing), limits)
    worst = max((limit.verdict for limit in measured), key=VERDICTS.index)
    if worst == "pass" and any(limit.value is None and limit.required for limit in limits):
        return Gate(name, "not measurable", "; ".join(missing), limits)
    decided = [limit.words for limit in measured if limit.verdict == worst]
    return Gate(name, worst, "; ".join([*decided, *missing]), limits)


def worse_gates(before: Sequence[Gate], after: Sequence[Gate]) -> list[str]:
    """Name the gates whose verdict got worse.

    Parameters
    ----------
    before, after : sequence of Gate
        The gates of two renders of one transition, in the same order.

    Returns
    -------
    list of str
        ``"gate level pass to warn"``; empty if none is worse. A gate that could be measured before,
        and passed, is worse if it cannot be measured.
    """
    return [
        f"gate {old.name} {old.verdict} to {new.verdict}"
        for old, new in zip(before, after, strict=True)
        if VERDICTS.index(new.verdict) > VERDICTS.index(old.verdict)
    ]


def aligned(
    offset: BeatOffset, a: PhraseAlignment, b: PhraseAlignment, *, together: bool = True
) -> Gate:
    """Check that the beats coincide and the swap is on a phrase boundary of both tracks.

    A swap on a line of one track only warns; on a line of neither, or off the bar of either, it
    fails. Tracks that are never audible `together` have no beats to compare.
    """
    text = "beats {:.1f} ms apart"
    limits = [Limit(offset.p95_ms, 10, 20, text, offset.reason, required=together)]
    for name, track in (("A", a), ("B", b)):
        line = "swap {:.1f} beats from a phrase line of " + name
        limits.append(
            Limit(track.swap, ON_LINE_BEATS, math.inf, line, f"no phrase lines of {name}")
        )
        if (track.off_bar or 0.0) > ON_LINE_BEATS:
            off = "swap {:.1f} beats off the bars of " + name
            limits.append(Limit(track.off_bar, ON_LINE_BEATS, ON_LINE_BEATS, off))
    nearest = min((track.swap for track in (a, b) if track.swap is not None), default=0.0)
    if nearest > ON_LINE_BEATS:
        limits.append(
            Limit(nearest, ON_LINE_BEATS, ON_LINE_BEATS, "swap {:.1f} beats from any phrase line")
        )
    return gate("aligned", limits)


def one_bass(bass: BassOverlap, excess_db: float | None) -> Gate:
    """Check that one track owns the low end on each beat, without a long gap."""
    return gate(
        "one bass",
        [
            Limit(bass.beats, 1, 4, "{:.0f} beats with two basses"),
            Limit(bass.beats_without_bass, 4, 16, "{:.0f} beats miss the bass"),
            Limit(excess_db, 2, 4, "low end {:+.1f} dB over the louder track"),
        ],
    )


def one_voice(vocals: Vocals) -> Gate:
    """Check that vocals do not overlap and no sung line is cut."""
    return gate(
        "one voice",
        [
            Limit(
                vocals.clash_beats,
                0,
                8,
                "{:.0f} beats with two singers",
                vocals.reason,
                required=True,
            ),
            Limit(vocals.line_cuts, 0, 1, "{:.0f} lines cut"),
        ],
    )


def level(profile: LevelProfile, peaks: Peaks, beat_ms: float, dead_air_ms: float = 0.0) -> Gate:
    """Check for dips, bumps, holes, dead air and overload."""
    return gate(
        "level",
        [
            Limit(profile.dip_lu, 3, 6, "{:.1f} LU dip", profile.reason, required=True),
            Limit(profile.bump_lu, 3, 6, "{:.1f} LU bump"),
            Limit(profile.longest_hole_ms, beat_ms, 4 * beat_ms, "{:.0f} ms hole"),
            Limit(dead_air_ms, beat_ms, 2 * beat_ms, "{:.0f} ms of dead air"),
            Limit(peaks.true_peak_db, -0.5, 0, "true peak {:.1f} dBTP"),
            Limit(peaks.clipped_samples, 0, 0, "{:.0f} clipped samples"),
        ],
    )


def placed(found: Placement) -> Gate:
    """Check that the music goes on as strongly after the swap, and how much of it is left out."""
    return gate(
        "placement",
        [
            Limit(
                found.arrival_drop_lu,
                3,
                6,
                "{:.1f} LU quieter after the swap",
                found.reason,
                required=True,
            ),
            Limit(found.unplayed_a_seconds, 45, 90, "{:.0f} s of A are not played"),
            Limit(found.skipped_b_seconds, 45, 90, "{:.0f} s of B are skipped"),
        ],
    )
