"""One extracted transition made into a pair: its curves are recovered; one unit of work."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from djtrans.core.audio.loudness import unclipped_gain
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.contracts.config import setting
from djtrans.core.errors import InputError
from djtrans.core.track.track import load_track
from djtrans.core.transition.alignment import window_span
from djtrans.core.transition.params_file import load_params
from djtrans.core.transition.requests import reference_level
from djtrans.core.util.atomic_files import write_text
from djtrans.datasets.mixes.alignment.excerpt import read_alignment
from djtrans.datasets.pairs.pair import PairedTrack, PreparedPair
from djtrans.datasets.pairs.pair_folder import PARAMS, read_facts, write_pair
from djtrans.datasets.preparation.resume import attempt, file_hashes
from djtrans.inverse.gradient_descent import DescentOptions
from djtrans.inverse.mix import fit
from djtrans.inverse.overlap import plan_on_overlap, with_swap_at
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.executors import registry_with
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry


@attrs.frozen
class RecoveryOptions:
    """How extracted transitions are made into pairs."""

    most: int = setting(100, "Transitions to fit at most.", minimum=1)
    error_limit: float = setting(
        -8.0, "Largest error of the spectra.", unit="dB", minimum=-60.0, maximum=0.0
    )
    separator: str = setting("auto", "Name of a separator.")
    mixer: str = setting(DEFAULT_MIXER, "Name of a mixer.")
    steps: int = setting(150, "Most steps of the descent.", minimum=0, maximum=150)
    device: str = setting("cpu", "Of separator and descent.")


@attrs.frozen
class ExcerptUnit:
    """All that it takes to make a pair of one excerpt, wherever that is.

    Attributes
    ----------
    folder : str
        Where the pair goes.
    excerpt : str
        Folder that ``djtrans extract`` wrote, with both tracks.
    refused : str
        File that keeps why it cannot be used, so that it is not fitted again.
    options : RecoveryOptions
        With the name of a separator that can work.
    key : str
        Digest of all that the pair depends on.
    plugin_files : tuple of str
        Plugins to be loaded first.
    """

    folder: str
    excerpt: str
    refused: str
    options: RecoveryOptions
    key: str
    plugin_files: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Recovered:
    """What came of an excerpt.

    Attributes
    ----------
    bars, swap_beat : int
    error_db : dict of str to float
    files : dict of str to str
        Hash of each file, by its path within the folder.
    reason : str
        Why there is no pair; empty if there is one.
    """

    bars: int = 0
    swap_beat: int = 0
    error_db: Mapping[str, float] = attrs.field(factory=dict)
    files: dict[str, str] = attrs.field(factory=dict)
    reason: str = ""


def recover_unit(unit: ExcerptUnit) -> Recovered:
    """Make a pair of an excerpt if it is not there, and hash its files."""
    folder = Path(unit.folder)
    if not folder.exists():
        if known := _refused(unit):
            return Recovered(reason=known)
        pair = attempt(lambda: _recovered(unit, registry_with(unit.plugin_files)))
        if isinstance(pair, str):
            return _refuse(unit, pair)
        write_pair(folder, pair)
    facts, used = read_facts(folder), load_params(folder / PARAMS).provenance.fit
    return Recovered(
        bars=facts.bars,
        swap_beat=facts.swap_beat,
        error_db={} if used is None else used.error_db,
        files=file_hashes(folder),
    )


def _refuse(unit: ExcerptUnit, why: str) -> Recovered:
    """Keep why there is no pair, without the folders of this machine."""
    reason = re.sub(r"\s+", " ", why.replace(unit.excerpt, "the excerpt")).strip()
    file = Path(unit.refused)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps({"key": unit.key, "reason": reason}, indent=1) + "\n")
    return Recovered(reason=reason)


def _refused(unit: ExcerptUnit) -> str:
    """Why it was refused before, for the same reasons as it would be now."""
    try:
        document = json.loads(Path(unit.refused).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    same = isinstance(document, dict) and document.get("key") == unit.key
    return str(document.get("reason", "")) if same else ""


def _recovered(unit: ExcerptUnit, registry: Registry) -> PreparedPair:
    options, excerpt = unit.options, Path(unit.excerpt)
    alignment = read_alignment(excerpt)
    heard = alignment.track_a.heard, alignment.track_b.heard
    if heard[0] is None or heard[1] is None:
        raise InputError("its tracks are not heard beside each other.")
    mix = load_track(excerpt / "mix.wav")
    tracks = {
        side: load_track(excerpt / f"track_{side}.wav").at_rate(mix.sample_rate, len(mix.audio))
        for side in "ab"
    }
    counted = match_tempo_octaves(
        *(analyze_track(tracks[side], registry=registry) for side in "ab")
    )
    analyses = dict(zip("ab", counted, strict=True))
    overlap = heard[1][0], heard[0][1]
    plan = plan_on_overlap(analyses, overlap, mix.duration_seconds, alignment.mix)
    begin = round(plan.a.cue_seconds * mix.sample_rate)
    samples = window_span(plan, mix.sample_rate).samples
    window = attrs.evolve(mix, audio=padded_slice(mix.audio, begin, begin + samples))
    fitted = fit(
        window,
        tracks["a"],
        tracks["b"],
        plan=plan,
        separator=options.separator,
        mixer=options.mixer,
        options=DescentOptions(steps=options.steps),
        device=options.device,
        registry=registry,
    )
    error = fitted.fit.error_db["spectra"]
    if error > options.error_limit:
        raise InputError(
            f"the curves leave {error:.1f} dB of the mix's spectra; the limit is "
            f"{options.error_limit:g} dB."
        )
    found = fitted.content.plan
    content = attrs.evolve(fitted.content, plan=with_swap_at(found, found.swap_beat, analyses))
    stems = fitted.stems
    gain = unclipped_gain(window.audio, stems["a"].audio, stems["b"].audio)
    rates = {"a": alignment.track_a.rate, "b": alignment.track_b.rate}
    paired = {
        side: PairedTrack(
            name=track.name,
            sha256=track.sha256,
            analysis=analyses[side],
            reference_db=reference_level(analyses[side], trimmed),
            isolated=content.provenance.tracks[side].isolation == "good",
            laid_rate=rates[side] or 1.0,
        )
        for (side, track), trimmed in zip(
            tracks.items(), (content.plan.a, content.plan.b), strict=True
        )
    }
    return PreparedPair(
        stems_a=stems["a"].scaled(gain),
        stems_b=stems["b"].scaled(gain),
        mix=window.audio * gain,
        content=content,
        track_a=paired["a"],
        track_b=paired["b"],
        gain_db=20.0 * math.log10(gain),
        key=unit.key,
    )
