"""Make one pair of an extracted transition: recover its curves from the mix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.audio.loudness import unclipped_gain
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.errors import InputError
from djtrans.core.track.track import load_track
from djtrans.core.transition.alignment import window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import load_params
from djtrans.core.transition.requests import reference_level
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.json_documents import read_json
from djtrans.datasets.mixes.alignment.excerpt import read_alignment
from djtrans.datasets.pairs.pair import PairedTrack, PreparedPair
from djtrans.datasets.pairs.pair_folder import PARAMS, read_facts
from djtrans.datasets.preparation.options import RecoveryOptions
from djtrans.datasets.preparation.unit import PairResult, PairUnit
from djtrans.inverse.gradient_descent import DescentOptions
from djtrans.inverse.mix import fit
from djtrans.inverse.overlap import plan_on_overlap, with_swap_at
from djtrans.pipeline.analysis import analyze_track
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry


@attrs.frozen(kw_only=True)
class ExcerptUnit(PairUnit):
    """All that it takes to make a pair of one excerpt.

    Attributes
    ----------
    excerpt : str
        Folder that ``djtrans extract`` wrote, with both tracks.
    refused : str
        File that keeps why it cannot be used, so that it is not fitted again.
    options : RecoveryOptions
        With the name of a separator that can work.
    """

    excerpt: str
    refused: str
    options: RecoveryOptions

    def make(self, registry: Registry) -> PreparedPair:
        """Recover the curves of the mix."""
        return _recovered(self, registry)

    def facts(self) -> dict[str, Any]:
        """Read tracks, length, swap and errors."""
        folder, alignment = Path(self.folder), read_alignment(Path(self.excerpt))
        facts, fitted = read_facts(folder), load_params(folder / PARAMS).provenance.fit
        errors = {} if fitted is None else fitted.error_db
        return {
            "a": alignment.track_a.file,
            "b": alignment.track_b.file,
            "bars": facts.bars,
            "swap_beat": facts.swap_beat,
            "error_db": {name: round(error, 2) for name, error in errors.items()},
        }

    def relative(self, text: str) -> str:
        """Name the excerpt without its folder."""
        return text.replace(self.excerpt, "the excerpt")

    def fail(self, reason: str) -> PairResult:
        """Write the reason beside the pairs."""
        file = Path(self.refused)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps({"key": self.key, "reason": reason}, indent=1) + "\n")
        return super().fail(reason)

    def known_failure(self) -> str:
        """Read the reason if all that the pair depends on is the same."""
        try:
            document = read_json(self.refused)
        except (OSError, ValueError):
            return ""
        same = isinstance(document, dict) and document.get("key") == self.key
        return str(document.get("reason", "")) if same else ""


def _recovered(unit: ExcerptUnit, registry: Registry) -> PreparedPair:
    options, excerpt = unit.options, Path(unit.excerpt)
    alignment = read_alignment(excerpt)
    heard = alignment.track_a.heard, alignment.track_b.heard
    if heard[0] is None or heard[1] is None:
        raise InputError("its tracks are not heard beside each other.")
    mix = load_track(excerpt / "mix.wav")
    tracks = Pair("a", "b").map(
        lambda side: load_track(excerpt / f"track_{side}.wav").at_rate(
            mix.sample_rate, len(mix.audio)
        )
    )
    analyses = Pair(
        *match_tempo_octaves(*(analyze_track(track, registry=registry) for track in tracks))
    )
    overlap = heard[1][0], heard[0][1]
    plan = plan_on_overlap(analyses, overlap, mix.duration_seconds, alignment.mix)
    begin = round(plan.a.cue_seconds * mix.sample_rate)
    samples = window_span(plan, mix.sample_rate).samples
    window = attrs.evolve(mix, audio=padded_slice(mix.audio, begin, begin + samples))
    fitted = fit(
        window,
        *tracks,
        plan=plan,
        separator=options.separator,
        mixer=options.mixer,
        options=DescentOptions(steps=options.steps),
        error_limit=options.error_limit,
        device=options.device,
        registry=registry,
    )
    found = fitted.content.plan
    content = attrs.evolve(fitted.content, plan=with_swap_at(found, found.swap_beat, analyses))
    stems = fitted.stems
    gain = unclipped_gain(window.audio, stems.a.audio, stems.b.audio)
    rates = Pair(alignment.track_a.rate, alignment.track_b.rate)
    sources = Pair(alignment.track_a, alignment.track_b)
    track_a, track_b = (
        PairedTrack(
            name=track.name,
            sha256=track.sha256,
            analysis=analyses[side],
            reference_db=reference_level(analyses[side], content.plan.sides[side]),
            isolated=content.provenance.tracks[side].isolation == "good",
            laid_rate=rates[side] or 1.0,
            # One track is in many excerpts, each time with other bytes.
            recording=sources[side].sha256 or sources[side].file,
        )
        for side, track in tracks.items()
    )
    return PreparedPair(
        stems_a=stems.a.scaled(gain),
        stems_b=stems.b.scaled(gain),
        mix=window.audio * gain,
        content=content,
        track_a=track_a,
        track_b=track_b,
        gain_db=amplitude_to_db(gain),
        key=unit.key,
    )
