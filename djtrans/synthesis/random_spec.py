"""Random track specs that cover real dance music."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from djtrans.core.errors import InputError, did_you_mean
from djtrans.synthesis.track_spec import TrackSpec


@attrs.frozen
class Genre:
    """Ranges from which specs of a genre are sampled.

    Attributes
    ----------
    drums : str
        As :attr:`TrackSpec.drums`.
    bpm, swing : tuple of float
        Least and greatest.
    intros : tuple of str
        One is drawn; empty: no intro.
    """

    drums: str
    bpm: tuple[float, float]
    swing: tuple[float, float] = (0.0, 0.0)
    intros: tuple[str, ...] = ("drums", "drums", "sparse", "beatless", "vocal", "")


GENRES = {
    "house": Genre("four-on-the-floor", (116.0, 130.0), (0.0, 0.3)),
    "techno": Genre("techno", (128.0, 150.0)),
    "swing": Genre("four-on-the-floor", (105.0, 128.0), (0.5, 1.0)),
    "half-time": Genre("half-time", (136.0, 150.0)),
    "breakbeat": Genre("breakbeat", (110.0, 140.0), (0.0, 0.3)),
    "broken": Genre("broken", (115.0, 135.0), (0.0, 0.4)),
    "drum-and-bass": Genre("drum-and-bass", (165.0, 180.0)),
    "trap": Genre("trap", (130.0, 160.0)),
    "sparse intro": Genre(
        "four-on-the-floor", (115.0, 135.0), intros=("sparse", "beatless", "vocal")
    ),
}


def sample_spec(seed: int, genre: str | None = None, **fixed: Any) -> TrackSpec:
    """Draw a spec.

    Parameters
    ----------
    seed : int
        Non-negative; also the seed of the spec.
    genre : str, optional
        One of :data:`GENRES`; drawn by default.
    **fixed
        Fields of :class:`~djtrans.synthesis.TrackSpec` that are not drawn.

    Returns
    -------
    TrackSpec
        The same for the same arguments. With a fixed `structure` the sections' gains are 0.

    Raises
    ------
    InputError
        If there is no such genre.

    Examples
    --------
    >>> from djtrans.synthesis import sample_spec
    >>> sample_spec(3, bpm=128.0).bpm
    128.0
    """
    rng = np.random.default_rng([seed, 0x5BEC])
    names = tuple(GENRES)
    drawn = names[rng.integers(len(names))]
    if genre is not None and genre not in GENRES:
        raise InputError(f"There is no genre {genre!r}. {did_you_mean(genre, names)}")
    kind = GENRES[genre or drawn]
    intro = str(rng.choice(kind.intros))
    structure = _structure(rng, bool(intro))
    ends_open = structure[-1][0] != "outro"
    gains = rng.uniform(-6.0, 3.0, len(structure)).round(1) * (rng.random(len(structure)) < 0.4)
    values: dict[str, Any] = {
        "bpm": round(float(rng.uniform(*kind.bpm)), 2 if rng.random() < 0.5 else 0),
        "tonic": int(rng.integers(12)),
        "mode": "minor" if rng.random() < 0.7 else "major",
        "seed": seed,
        "drums": kind.drums,
        "swing": round(float(rng.uniform(*kind.swing)), 2),
        "has_vocals": bool(rng.random() < 0.6) or intro == "vocal",
        "singing": "dense" if rng.random() < 0.4 else "spaced",
        "bass": str(rng.choice(["full", "full", "sub", "mid"])),
        "intro": intro or "drums",
        "ending": str(rng.choice(["cut", "fade-out", "cold"] if ends_open else ["cut"])),
        "structure": structure,
        "section_gains_db": tuple(float(gain) for gain in gains),
        "level_db": round(float(rng.uniform(-9.0, -0.3)), 1),
        "start_seconds": round(float(rng.uniform(0.0, 2.0)), 3) if rng.random() < 0.5 else 0.0,
    }
    if "structure" in fixed:
        del values["section_gains_db"]
    return TrackSpec(**(values | fixed))


def _structure(rng: np.random.Generator, has_intro: bool) -> tuple[tuple[str, int], ...]:
    """Two or three rounds of build, drop and break; now and then 2 or 4 bars put in between."""
    sections: list[tuple[str, int]] = []
    if has_intro:
        sections.append(("intro", int(rng.choice([4, 8, 16, 16, 32]))))
    rounds = int(rng.integers(2, 4))
    for number in range(rounds):
        if rng.random() < 0.5:
            sections.append(("build", int(rng.choice([4, 8]))))
        sections.append(("drop", int(rng.choice([8, 16, 16, 24]))))
        if rng.random() < 0.3:
            sections.append(("break", int(rng.choice([2, 4]))))
            sections.append(("drop", int(rng.choice([8, 16]))))
        if number + 1 < rounds:
            sections.append(("break", int(rng.choice([4, 8, 8, 16]))))
    if rng.random() < 0.7:
        sections.append(("outro", int(rng.choice([4, 8, 16]))))
    return tuple(sections)
