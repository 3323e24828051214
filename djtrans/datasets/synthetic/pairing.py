"""Transitions between framed tracks, planned as inference plans them."""

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
from djtrans.datasets.synthetic.framed_cache import Heard
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.datasets.synthetic.partners import partners
from djtrans.mixer.resolve import DEFAULT_MIXER, mixer_layout
from djtrans.planning.options import WINDOW_BARS
from djtrans.planning.registered import plan_transition
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry

#: Shortest window that a model is asked for, in bars.
_SHORTEST_BARS = 4
#: Tries per transition wanted of a technique. Keys and places meet by chance, so that the choosiest
#: technique fits few pairs; a try that fails costs 0.1 ms.
_PATIENCE = 300


@attrs.frozen(eq=False)
class Pairing:
    """Plans transitions between tracks until there are enough."""

    tracks: Sequence[Heard]
    #: All framed tracks; those of `tracks` begin at `first_index`.
    framed: Sequence[FramedTrack]
    first_index: int
    options: SyntheticOptions
    registry: Registry
    rng: np.random.Generator

    def many(
        self, stage: str, wanted: int, progress: ProgressCallback | None = None
    ) -> list[Composition]:
        """Plan `wanted` transitions, each technique as often as the others if it fits so often.

        Drawn as they come, three of five would be of the two that need no beat in common, and a
        model would hardly see those that need two drops in one tempo and key.
        """
        names = list(self._declarations)
        found: list[Composition] = []
        while names and len(found) < wanted:
            fitting, share = [], math.ceil((wanted - len(found)) / len(names))
            for name in names:
                asked = min(share, wanted - len(found))
                placed = list(islice(self._tried(name, _PATIENCE * asked), asked))
                found += placed
                if progress is not None:
                    progress(Progress(stage, len(found), wanted))
                if len(placed) == asked:
                    fitting.append(name)
            names = fitting
        if len(found) < wanted:
            raise InputError(
                f"Only {len(found)} of {wanted} transitions could be placed between "
                f"{len(self.tracks)} tracks; compose of more tracks."
            )
        return found

    def _tried(self, technique: str, tries: int) -> Iterator[Composition]:
        """Transitions of one technique, between tracks whose tempos let them meet."""
        for _ in range(tries):
            if (composition := self._one(technique)) is not None:
                yield composition

    @functools.cached_property
    def _declarations(self) -> Mapping[str, TechniqueDeclaration]:
        return {
            component.name: component.declaration
            for component in self.registry.techniques
            if isinstance(component.declaration, TechniqueDeclaration)
            and component.declaration.bars[2] >= _SHORTEST_BARS
            and not component.declaration.baseline
        }

    @functools.cached_property
    def _techniques(self) -> Mapping[str, CurveModel]:
        return {name: self.registry.techniques.build(name) for name in self._declarations}

    @functools.cached_property
    def _partners(self) -> Mapping[str, Mapping[int, Sequence[int]]]:
        return {name: partners(self.tracks, said) for name, said in self._declarations.items()}

    def _one(self, technique: str) -> Composition | None:
        rng, partners_of = self.rng, self._partners[technique]
        if not partners_of:
            return None
        a = int(rng.choice(list(partners_of)))
        b = int(rng.choice(partners_of[a]))
        analyses = match_tempo_octaves(self.tracks[a].analyses[0], self.tracks[b].analyses[0])
        counted = [self._counted(i, found) for i, found in zip((a, b), analyses, strict=True)]
        if None in counted:
            return None
        shortest, _, longest = self._declarations[technique].bars
        lengths = [bars for bars in WINDOW_BARS if max(shortest, _SHORTEST_BARS) <= bars <= longest]
        asked: dict[str, Any] = {"bars": int(rng.choice(lengths))}
        if rng.random() < self.options.anywhere:
            for side, analysis in zip("ab", analyses, strict=True):
                line = int(rng.choice(sorted(analysis.phrase_bars)))
                asked[f"swap_{side}_seconds"] = max(analysis.grid.time_of_bar(line), 0.0)
        try:
            plan = plan_transition(
                *analyses,
                technique=technique,
                registry=self.registry,
                frames_per_beat=self.options.frames_per_beat,
                **asked,
            )
            if plan.a.loop or plan.b.loop:
                return None
            composition = compose(plan, *(index for index in counted if index is not None))
            if not self._holds(composition):
                return None
            # A technique may refuse what it hears: an acapella, a voice that is silent.
            self._techniques[technique].generate(
                request_of(composition, self.framed, self._layout, seed=0)
            )
        except (PlanError, InputError):
            return None
        return composition

    def _counted(self, track: int, analysis: Analysis) -> int | None:
        """Index among all framed tracks of this one, as it is counted here."""
        before = sum(len(t.framed) for t in self.tracks[:track])
        for variant, known in enumerate(self.tracks[track].analyses):
            if abs(known.grid.bpm - analysis.grid.bpm) < 1e-6:
                return self.first_index + before + variant
        return None

    def _holds(self, composition: Composition) -> bool:
        """Whether both tracks sound through the whole window."""
        per_bar = composition.beats_per_bar * composition.frames_per_beat
        return all(
            side.bar >= 0
            and side.bar * per_bar + composition.frames <= len(self.framed[side.track].vocal)
            for side in (composition.a, composition.b)
        )

    @functools.cached_property
    def _layout(self) -> Layout:
        return mixer_layout(DEFAULT_MIXER, self.registry)
