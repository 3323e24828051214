"""Split pairs of tracks into training and validation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

#: Part of the pairs that is held out.
HELD_OUT = 0.1


def held_out(pairs: Sequence[tuple[str, ...]], part: float = HELD_OUT) -> tuple[bool, ...]:
    """Hold out a part of the pairs; no track is in both parts where that is possible.

    In this order: groups of pairs that share no track with any other pair; all pairs of a few
    tracks, which then are heard in no other pair, while their partners may be; some pairs. What is
    taken first is decided by hashes of the tracks, so it does not depend on the order of the pairs.

    Parameters
    ----------
    pairs : sequence of tuple of str
        What each pair's tracks are known by.
    part : float
        How much is wanted, 0 to 1; one pair at least, and never all.

    Returns
    -------
    tuple of bool
        For each pair whether it is held out.
    """
    wanted = max(1, round(part * len(pairs)))
    if len(pairs) < 2:
        return (False,) * len(pairs)
    for groups in (_islands(pairs), _by_track(pairs)):
        chosen = _chosen(groups, wanted, most=min(2 * wanted, len(pairs) - 1))
        if chosen:
            return tuple(index in chosen for index in range(len(pairs)))
    order = sorted(range(len(pairs)), key=lambda i: (_hash("/".join(pairs[i])), i))
    return tuple(index in order[:wanted] for index in range(len(pairs)))


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
