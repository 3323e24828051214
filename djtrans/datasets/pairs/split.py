"""Split pairs of tracks into training and validation."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

#: Part of the pairs that is held out.
HELD_OUT = 0.1
#: Largest part of the pairs that is left out of both parts to keep these apart.
MOST_LOST = 0.25
#: Pairs from which a group is grown; more of them find hardly better ones.
_STARTS = 100


def held_out(pairs: Sequence[tuple[str, ...]], part: float = HELD_OUT) -> tuple[bool | None, ...]:
    """Hold out a part of the pairs; no recording is in both parts where that is possible.

    In this order: groups of pairs that share no recording with any other pair; the pairs within a
    few recordings, while those that link them to others are in neither part; all pairs of a few
    recordings, whose partners then are in both parts; some pairs. What is taken first is decided by
    hashes of the recordings, so it does not depend on the order of the pairs.

    Parameters
    ----------
    pairs : sequence of tuple of str
        What the recordings of each pair are known by.
    part : float
        How much is wanted, 0 to 1; one pair at least, and never all.

    Returns
    -------
    tuple of bool or None
        For each pair whether it is held out; None for one that is in neither part.
    """
    wanted = max(1, round(part * len(pairs)))
    if len(pairs) < 2:
        return (False,) * len(pairs)
    chosen = _chosen(_islands(pairs), wanted, most=min(2 * wanted, len(pairs) - 1))
    if chosen:
        return tuple(index in chosen for index in range(len(pairs)))
    if within := _within_few(pairs, wanted):
        return tuple(
            True if within.issuperset(pair) else None if within.intersection(pair) else False
            for pair in pairs
        )
    chosen = _chosen(_by_track(pairs), wanted, most=min(2 * wanted, len(pairs) - 1))
    if chosen:
        return tuple(index in chosen for index in range(len(pairs)))
    order = sorted(range(len(pairs)), key=lambda i: (_hash("/".join(pairs[i])), i))
    return tuple(index in order[:wanted] for index in range(len(pairs)))


def _within_few(pairs: Sequence[tuple[str, ...]], wanted: int) -> set[str]:
    """Choose recordings with `wanted` pairs among them, or fewer, and few links to the others.

    Returns
    -------
    set of str
        Empty if the links are more than :data:`MOST_LOST` of the pairs, or no other pair is left.
    """
    links: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        a, b = pair[0], pair[-1]
        links[a][b] += 1
        links[b][a] += a != b
    lost_at_most = max(1, int(MOST_LOST * len(pairs)))
    best: tuple[int, int] = (0, 0)
    found: set[str] = set()
    starts = sorted({(pair[0], pair[-1]) for pair in pairs}, key=lambda pair: _hash("/".join(pair)))
    for start in starts[:_STARTS]:
        few = set(start)
        while True:
            inner = sum(few.issuperset(pair) for pair in pairs)
            lost = sum(bool(few.intersection(pair)) for pair in pairs) - inner
            rank = (min(inner, wanted), -lost)
            if lost <= lost_at_most and inner + lost < len(pairs) and rank > best:
                best, found = rank, set(few)
            near = {other for track in few for other in links[track]} - few
            if inner >= wanted or lost > 2 * lost_at_most or not near:
                break
            few.add(min(near, key=lambda track: _cost(track, few, links)))
    return found


def _cost(track: str, few: set[str], links: Mapping[str, Counter[str]]) -> tuple[int, int, str]:
    """Rank a further recording: most pairs with the chosen ones, then fewest with others."""
    inner = sum(count for other, count in links[track].items() if other in few)
    return -inner, links[track].total() - inner, _hash(track)


def _chosen(groups: Sequence[set[int]], wanted: int, most: int) -> set[int]:
    """Choose groups that add up to `wanted` pairs, at most `most`; none if all are larger."""
    chosen: set[int] = set()
    for group in groups:
        if len(chosen) >= wanted:
            break
        if len(chosen | group) <= most:
            chosen |= group
    return chosen


def _by_track(pairs: Sequence[tuple[str, ...]]) -> list[set[int]]:
    """Group the pairs by track, in the order of its hash."""
    found: dict[str, set[int]] = {}
    for index, tracks in enumerate(pairs):
        for track in tracks:
            found.setdefault(track, set()).add(index)
    return [found[track] for track in sorted(found, key=_hash)]


def _islands(pairs: Sequence[tuple[str, ...]]) -> list[set[int]]:
    """Group pairs that are linked by tracks, in the order of their least hash."""
    islands: list[tuple[set[str], set[int]]] = []
    for index, tracks in enumerate(pairs):
        joined = (set(tracks), {index})
        apart = []
        for island in islands:
            if island[0] & joined[0]:
                joined = (island[0] | joined[0], island[1] | joined[1])
            else:
                apart.append(island)
        islands = [*apart, joined]
    islands.sort(key=lambda island: min(map(_hash, island[0])))
    return [members for _, members in islands]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
