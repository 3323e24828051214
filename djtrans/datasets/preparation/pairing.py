"""Choose the pairs of a library, their order and their techniques."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.errors import DjtransError, InputError, LayoutError
from djtrans.datasets.preparation.library_scan import LibraryTrack
from djtrans.datasets.preparation.options import VARIED, LibraryOptions
from djtrans.mixer.resolve import mixer_layout
from djtrans.pipeline.curve_generation import check_needs
from djtrans.planning.keys import CLOSE
from djtrans.planning.registered import plan_transition
from djtrans.registry import Registry


@attrs.frozen(eq=False)
class ChosenPair:
    """A pair to make.

    Attributes
    ----------
    a, b : LibraryTrack
    techniques : tuple of str
        The first one fits by the analyses; the others are tried where it does not by the sound.
    seed : int
        Of the drawing: by the pair, never 0, which is a technique's plain form.
    """

    a: LibraryTrack
    b: LibraryTrack
    techniques: tuple[str, ...]
    seed: int


@attrs.frozen
class UnfitPair:
    """A pair that no technique fits, and why."""

    a: str
    b: str
    reason: str


def choose_pairs(
    tracks: Sequence[LibraryTrack], options: LibraryOptions, registry: Registry, isolated: bool
) -> tuple[list[ChosenPair], list[UnfitPair]]:
    """Choose pairs as a DJ would: tempos that meet, keys that go together where there are such.

    Tracks take turns in going out; each takes the best of those it was not yet mixed into. The
    first pairs are the same however many are wanted.

    Parameters
    ----------
    tracks : sequence of LibraryTrack
    options : LibraryOptions
    registry : Registry
    isolated : bool
        Whether the separator lets single stems be heard.

    Returns
    -------
    pairs : list of ChosenPair
    unfit : list of UnfitPair
        That came first, but could not be planned.

    Raises
    ------
    InputError
        If no two tracks lie within the limit of each other's tempo.
    """
    # By content: what a file is called does not change what it is mixed with.
    ordered = sorted(tracks, key=lambda track: track.sha256)
    names = _techniques(options, registry, isolated)
    used: Counter[str] = Counter()
    pairs: list[ChosenPair] = []
    unfit: list[UnfitPair] = []
    tried = 0
    for i, j in _candidates(ordered, options):
        tried += 1
        a, b = ordered[i], ordered[j]
        rng = np.random.default_rng(
            [options.seed, *(int(track.sha256[:16], 16) for track in (a, b))]
        )
        shuffled = [names[k] for k in rng.permutation(len(names))]
        seed = int(rng.integers(1, 2**31))
        # Those that were taken least come first; sorting keeps the order of equals.
        order = sorted(shuffled, key=lambda name: used[name])
        why: list[str] = []
        while order:
            reason = _refused(a, b, order[0], options, registry)
            if not reason:
                break
            why.append(reason)
            del order[0]
        if order:
            used[order[0]] += 1
            pairs.append(ChosenPair(a, b, tuple(order), seed))
        else:
            unfit.append(UnfitPair(a.name, b.name, " ".join(why)))
        if len(pairs) == options.most:
            break
    if not tried:
        raise InputError(
            f"No two of the {len(tracks)} tracks lie within {100 * options.stretch_limit:g} % of "
            "each other's tempo; give more tracks or a larger limit."
        )
    return pairs, unfit


def _techniques(options: LibraryOptions, registry: Registry, isolated: bool) -> list[str]:
    """Return the names of the admissible techniques."""
    if options.technique == "auto":
        return ["auto"]
    if options.technique != VARIED:
        return [registry.techniques.find(options.technique).name]
    layout, names = mixer_layout(options.mixer, registry), []
    for component in registry.techniques:
        declaration = component.declaration
        if declaration.baseline or (declaration.needs_isolation and not isolated):
            continue
        try:
            check_needs(declaration.needs, layout, component.name)
        except LayoutError:
            continue
        names.append(component.name)
    return names


def _refused(
    a: LibraryTrack, b: LibraryTrack, technique: str, options: LibraryOptions, registry: Registry
) -> str:
    """Why a technique does not fit by the analyses; empty if it does."""
    try:
        plan_transition(
            a.analysis,
            b.analysis,
            technique=technique,
            registry=registry,
            **plan_options(options),
        )
    except DjtransError as error:
        return f"{technique}: {' '.join(str(error).split())}"
    return ""


def plan_options(options: LibraryOptions) -> dict[str, Any]:
    """Return the options for the planner."""
    return {"bars": options.bars, "stretch_limit": options.stretch_limit}


def _candidates(
    tracks: Sequence[LibraryTrack], options: LibraryOptions
) -> Iterator[tuple[int, int]]:
    """Order the pairs with compatible tempos, each once, the best of each track first."""
    rng = np.random.default_rng([options.seed, 0xDB])
    logs = np.log2([track.analysis.grid.bpm for track in tracks])
    wheel = [track.analysis.key.camelot for track in tracks]
    numbers = np.array([int(code[:-1]) for code in wheel])
    major = np.array([code[-1] == "B" for code in wheel])
    taken = np.zeros(len(tracks))
    left: dict[int, NDArray[np.bool_]] = {}
    turns = [int(i) for i in rng.permutation(len(tracks))]
    while turns:
        going = []
        for i in turns:
            if i not in left:
                left[i] = tempos_compatible(logs[i] - logs, options.stretch_limit)
                left[i][i] = False
            open_ = np.flatnonzero(left[i])
            if not len(open_):
                continue
            apart = np.abs(numbers[open_] - numbers[i])
            steps = np.minimum(apart, 12 - apart) + (major[open_] != major[i])
            # Close keys are as good as one; then those that come in least, then chance.
            best = np.lexsort((rng.random(len(open_)), taken[open_], np.maximum(steps, CLOSE)))[0]
            j = int(open_[best])
            left[i][j] = False
            taken[j] += 1
            going.append(i)
            yield i, j
        turns = going


def tempos_compatible(octaves: NDArray[np.float64], stretch_limit: float) -> NDArray[np.bool_]:
    """Return True if two tempos are within a limit, counted in one octave.

    Parameters
    ----------
    octaves : array
        Distance of the tempos, log2 of A's over B's.
    stretch_limit : float
        As a fraction.
    """
    folded = octaves - np.clip(np.round(octaves), -1, 1)
    return np.abs(2.0**folded - 1.0) <= stretch_limit
