"""Make one pair of a library's tracks: plan, separate, generate the curves, mix and write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.errors import InputError, PlanError
from djtrans.core.transition.alignment import window_span
from djtrans.datasets.pairs.pair import PreparedPair, mix_pair
from djtrans.datasets.pairs.pair_folder import read_facts
from djtrans.datasets.preparation.options import LibraryOptions
from djtrans.datasets.preparation.pairing import plan_options
from djtrans.datasets.preparation.stored_analyses import known_analyses
from djtrans.datasets.preparation.unit import PairUnit
from djtrans.pipeline.completion import generate_transition_params
from djtrans.pipeline.options import GenerateOptions, PreparationOptions
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.registry import Registry


@attrs.frozen(kw_only=True)
class LibraryUnit(PairUnit):
    """All that it takes to make one pair of a library's tracks.

    Attributes
    ----------
    library : str
        Folder of all tracks.
    a, b : str
        Files of the tracks.
    sha256_a, sha256_b : str
        Their hashes.
    analyses : str
        Folder of the analyses.
    techniques : tuple of str
        The first one that fits is taken.
    seed : int
        Of the curves.
    options : LibraryOptions
        With the name of a separator that can work.
    """

    library: str
    a: str
    b: str
    sha256_a: str
    sha256_b: str
    analyses: str
    techniques: tuple[str, ...]
    seed: int
    options: LibraryOptions

    def make(self, registry: Registry) -> PreparedPair:
        """Prepare the tracks and use the first technique that fits."""
        options = self.options
        prepared = prepare(
            self.a,
            self.b,
            PreparationOptions(
                separator=options.separator, mixer=options.mixer, device=options.device
            ),
            known=known_analyses(Path(self.analyses), (self.sha256_a, self.sha256_b)),
            registry=registry,
        )
        refused = []
        for technique in self.techniques:
            try:
                return self._made_by(technique, prepared)
            except (PlanError, InputError) as error:
                refused.append(f"{technique}: {error}")
        raise PlanError(" ".join(refused))

    def _made_by(self, technique: str, prepared: Prepared) -> PreparedPair:
        plan = prepared.plan(technique, **plan_options(self.options))
        aligned = prepared.align(plan, prepared.span(plan, 0))
        plan = prepared.refine(plan, aligned)
        window = window_span(plan, prepared.tracks.a.sample_rate)
        generation = GenerateOptions(seed=self.seed)
        return mix_pair(
            prepared.mixer,
            generate_transition_params(prepared, plan, window, aligned, generation),
            aligned,
            prepared.analyses,
            device=prepared.device,
            key=self.key,
        )

    def write(self, pair: PreparedPair) -> None:
        """Write the pair unless a track was changed since it was analyzed."""
        for path, expected, track in (
            (self.a, self.sha256_a, pair.track_a),
            (self.b, self.sha256_b, pair.track_b),
        ):
            if track.sha256 != expected:
                raise InputError(f"{path} was changed while the pairs were made; run again.")
        super().write(pair)

    def facts(self) -> dict[str, Any]:
        """Read technique and length."""
        facts = read_facts(Path(self.folder))
        return {"technique": facts.technique, "bars": facts.bars}

    def relative(self, text: str) -> str:
        """Name files as within the library and the set."""
        for folder in (self.library, str(Path(self.folder).parent)):
            text = text.replace(f"{folder}{os.sep}", "")
        return text
