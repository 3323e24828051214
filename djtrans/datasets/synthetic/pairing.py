"""Sample transitions between tracks with the planner used in inference."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import attrs
import numpy as np

from djtrans.core.contracts.technique import CurveModel, TechniqueDeclaration
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import InputError, PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.datasets.synthetic.composition import Composition, compose, request_of
from djtrans.datasets.synthetic.framed_cache import CachedTrack
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.datasets.synthetic.partners import partners
from djtrans.mixer.resolve import DEFAULT_MIXER, mixer_layout
from djtrans.planning.options import WINDOW_BARS
from djtrans.planning.registered import plan_transition
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry

#: Shortest window of a model, in bars.
_SHORTEST_BARS = 4
#: Attempts per requested transition. Techniques that need compatible keys and anchors fit few
#: random pairs; a failed attempt takes 0.1 ms.
_ATTEMPTS = 300


@attrs.frozen(eq=False)
class Pairing:
    """Sampler of planned transitions, with equal shares of all techniques that fit."""

    tracks: Sequence[CachedTrack]
    #: Features of all tracks of the dataset; those of `tracks` start at `first_index`.
    framed: Sequence[FramedTrack]
    first_index: int
    options: SyntheticOptions
    registry: Registry
    rng: np.random.Generator

    def sample(
        self, stage: str, count: int, progress: ProgressCallback | None = None
    ) -> list[Composition]:
        """Plan `count` transitions, equally many of each technique where enough pairs fit.

        Without equal shares, three of five transitions would use the two techniques that need no
        common tempo, and the techniques that need two drops in one tempo and key would be rare.

        Raises
        ------
        InputError
            If the tracks allow too few transitions.
        """
        names = list(self._declarations)
        found: list[Composition] = []
        while names and len(found) < count:
            fitting, share = [], math.ceil((count - len(found)) / len(names))
            for name in names:
                requested = min(share, count - len(found))
                attempts = self._attempt(name, _ATTEMPTS * requested)
                planned = list(islice(attempts, requested))
                found += planned
                if progress is not None:
                    progress(Progress(stage, len(found), count))
                if len(planned) == requested:
                    fitting.append(name)
            names = fitting
        if len(found) < count:
            raise InputError(
                f"Only {len(found)} of {count} transitions could be planned between "
                f"{len(self.tracks)} tracks; increase the number of tracks."
            )
        return found

    def _attempt(self, technique: str, attempts: int) -> Iterator[Composition]:
        """Yield the successful ones of some attempts to plan a transition of a technique."""
        for _ in range(attempts):
            if (composition := self._sample_pair(technique)) is not None:
                yield composition

    @functools.cached_property
    def _declarations(self) -> Mapping[str, TechniqueDeclaration]:
        return {
            component.name: component.declaration
            for component in self.registry.techniques
            if component.declaration.bars[2] >= _SHORTEST_BARS
            and not component.declaration.baseline
        }

    @functools.cached_property
    def _techniques(self) -> Mapping[str, CurveModel]:
        return {name: self.registry.techniques.build(name) for name in self._declarations}

    @functools.cached_property
    def _partners(self) -> Mapping[str, Mapping[int, Sequence[int]]]:
        return {
            name: partners(self.tracks, declaration)
            for name, declaration in self._declarations.items()
        }

    def _sample_pair(self, technique: str) -> Composition | None:
        rng, partners_of = self.rng, self._partners[technique]
        if not partners_of:
            return None
        a = int(rng.choice(list(partners_of)))
        b = int(rng.choice(partners_of[a]))
        analyses = match_tempo_octaves(self.tracks[a].analyses[0], self.tracks[b].analyses[0])
        indices = [
            self._framed_index(i, analysis) for i, analysis in zip((a, b), analyses, strict=True)
        ]
        if None in indices:
            return None
        shortest, _, longest = self._declarations[technique].bars
        lengths = [bars for bars in WINDOW_BARS if max(shortest, _SHORTEST_BARS) <= bars <= longest]
        constraints: dict[str, Any] = {"bars": int(rng.choice(lengths))}
        if rng.random() < self.options.anywhere:
            for side, analysis in zip("ab", analyses, strict=True):
                boundary = int(rng.choice(sorted(analysis.phrase_bars)))
                constraints[f"swap_{side}_seconds"] = max(analysis.grid.time_of_bar(boundary), 0.0)
        try:
            plan = plan_transition(
                *analyses,
                technique=technique,
                registry=self.registry,
                frames_per_beat=self.options.frames_per_beat,
                **constraints,
            )
            if plan.a.loop or plan.b.loop:
                return None
            # Frames of the window are those of both tracks' own beats, one for one.
            if self._declarations[technique].beat_matched and not plan.beat_matched:
                return None
            composition = compose(plan, *(index for index in indices if index is not None))
            if not self._is_inside(composition):
                return None
            # A technique may reject the features, such as an acapella without vocal activity.
            self._techniques[technique].generate(
                request_of(composition, self.framed, self._layout, seed=0)
            )
        except (PlanError, InputError):
            return None
        return composition

    def _framed_index(self, track: int, analysis: Analysis) -> int | None:
        """Return the index in the dataset of a track in the tempo octave of an analysis."""
        before = sum(len(t.framed) for t in self.tracks[:track])
        for variant, own in enumerate(self.tracks[track].analyses):
            if abs(own.grid.bpm - analysis.grid.bpm) < 1e-6:
                return self.first_index + before + variant
        return None

    def _is_inside(self, composition: Composition) -> bool:
        """Return True if both tracks cover the whole window, as far as they play."""
        c = composition
        per_bar = c.beats_per_bar * c.frames_per_beat
        return all(
            side.bar >= 0
            and side.bar * per_bar + side.frames(c.frames, c.frames_per_beat).max()
            < len(self.framed[side.track].vocal)
            for side in (c.a, c.b)
        )

    @functools.cached_property
    def _layout(self) -> Layout:
        return mixer_layout(DEFAULT_MIXER, self.registry)
