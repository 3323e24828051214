"""One pair of a library: planned, separated, drawn, mixed and written; one unit of work."""

from __future__ import annotations

import os
import re
from pathlib import Path

import attrs

from djtrans.core.errors import InputError, PlanError
from djtrans.core.transition.alignment import window_span
from djtrans.core.transition.params_file import ParamsFile
from djtrans.datasets.pairs.pair import PreparedPair, mix_pair
from djtrans.datasets.pairs.pair_folder import read_facts, write_pair
from djtrans.datasets.preparation.library_scan import known_analyses
from djtrans.datasets.preparation.options import LibraryOptions
from djtrans.datasets.preparation.pairing import plan_options
from djtrans.datasets.preparation.resume import attempt, file_hashes
from djtrans.pipeline.completion import generate_transition_params
from djtrans.pipeline.executors import registry_with
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.registry import Registry


@attrs.frozen
class PairUnit:
    """All that it takes to make one pair, wherever that is.

    Attributes
    ----------
    folder : str
        Where it goes.
    library : str
        Folder of all tracks.
    a, b : str
        Files of the tracks.
    sha256_a, sha256_b : str
        Their hashes.
    kept : str
        Folder of the analyses.
    techniques : tuple of str
        The first one that fits is taken.
    seed : int
        Of the drawing.
    options : LibraryOptions
        With the name of a separator that can work.
    key : str
        Digest of all that the pair depends on.
    plugin_files : tuple of str
        Plugins to be loaded first.
    """

    folder: str
    library: str
    a: str
    b: str
    sha256_a: str
    sha256_b: str
    kept: str
    techniques: tuple[str, ...]
    seed: int
    options: LibraryOptions
    key: str
    plugin_files: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Made:
    """What came of a pair.

    Attributes
    ----------
    technique : str
    bars : int
    files : dict of str to str
        Hash of each file, by its path within the folder.
    reason : str
        Why there is none; empty if there is one.
    """

    technique: str = ""
    bars: int = 0
    files: dict[str, str] = attrs.field(factory=dict)
    reason: str = ""


def make_unit(unit: PairUnit) -> Made:
    """Make a pair if it is not there, and hash its files."""
    folder = Path(unit.folder)
    if not folder.exists():
        pair = attempt(lambda: _mixed(unit, registry_with(unit.plugin_files)))
        if isinstance(pair, str):
            return Made(reason=_say(unit, pair))
        for path, expected, track in (
            (unit.a, unit.sha256_a, pair.track_a),
            (unit.b, unit.sha256_b, pair.track_b),
        ):
            if track.sha256 != expected:
                raise InputError(f"{path} was changed while the pairs were made; run again.")
        write_pair(folder, pair)
    facts = read_facts(folder)
    return Made(technique=facts.technique, bars=facts.bars, files=file_hashes(folder))


def _mixed(unit: PairUnit, registry: Registry) -> PreparedPair:
    options = unit.options
    known = known_analyses(Path(unit.kept), (unit.sha256_a, unit.sha256_b))
    prepared = prepare(
        unit.a,
        unit.b,
        separator=options.separator,
        mixer=options.mixer,
        device=options.device,
        known=known,
        registry=registry,
    )
    refused = []
    for technique in unit.techniques:
        try:
            return _made_by(technique, unit, prepared)
        except (PlanError, InputError) as error:
            refused.append(f"{technique}: {error}")
    raise PlanError(" ".join(refused))


def _made_by(technique: str, unit: PairUnit, prepared: Prepared) -> PreparedPair:
    plan = prepared.plan(technique, **plan_options(unit.options))
    aligned = prepared.align(plan, prepared.span(plan, 0))
    plan = prepared.refine(plan, aligned)
    window = window_span(plan, prepared.tracks["a"].sample_rate)
    params, provenance = generate_transition_params(prepared, plan, window, aligned, seed=unit.seed)
    return mix_pair(
        prepared.mixer,
        ParamsFile(params=params, plan=plan, provenance=provenance),
        aligned,
        prepared.analyses,
        device=prepared.device,
        key=unit.key,
    )


def _say(unit: PairUnit, text: str) -> str:
    """One line without the folders of this machine."""
    for folder in (unit.library, str(Path(unit.folder).parent)):
        text = text.replace(f"{folder}{os.sep}", "")
    return re.sub(r"\s+", " ", text).strip()
