"""Render the transition of one boundary, in any process: its params file, then its audio."""

from __future__ import annotations

import warnings
from pathlib import Path

import attrs
from torch import Tensor

from djtrans import __version__
from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.io import write_audio
from djtrans.core.audio.time_stretch import ENGINE
from djtrans.core.errors import DjtransError, FormatError
from djtrans.core.track.lazy_track import LazyTrack, keep_samples_hash
from djtrans.core.transition.alignment import AlignedTrack
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile, load_params, save_params
from djtrans.core.transition.plan import TransitionPlan, track_seconds
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.devices import pick_device
from djtrans.core.util.json_documents import json_digest
from djtrans.mixer.rendering import render_window
from djtrans.pipeline.executors import one_thread, registry_with
from djtrans.pipeline.generation import compatible_source, load_source, make_transition
from djtrans.pipeline.options import GenerateOptions
from djtrans.pipeline.preparation import align_pair, prepare
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.provenance import rebuild_mixer
from djtrans.registry import Registry
from djtrans.sets.boundaries import rendered_span, settled
from djtrans.sets.folder import BoundaryFiles
from djtrans.sets.loading import load_again
from djtrans.sets.scanning import SetTrack


@attrs.frozen(eq=False, kw_only=True)
class BoundaryUnit:
    """All that it takes to render one transition; can be pickled.

    Attributes
    ----------
    files : BoundaryFiles
    tracks : Pair of SetTrack
    gains_db : Pair of float
    plan : TransitionPlan
        Used if there is no params file.
    options : GenerateOptions
        With a named separator.
    sample_rate, channels : int
        Of the mix.
    plugin_files : tuple of str
        Plugins to be loaded first.
    """

    files: BoundaryFiles
    tracks: Pair[SetTrack]
    gains_db: Pair[float]
    plan: TransitionPlan
    options: GenerateOptions
    sample_rate: int
    channels: int
    plugin_files: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the boundary for messages."""
        a, b = (track.name for track in self.tracks)
        return f"boundary {self.files.number}, {a} into {b}"


def render_boundary(unit: BoundaryUnit) -> list[str]:
    """Render one transition, unless it is rendered already, and return the warnings.

    Raises
    ------
    DjtransError
        If it cannot be rendered.
    """
    with one_thread(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            _render(unit, registry_with(unit.plugin_files))
        except DjtransError as error:
            raise type(error)(f"{unit.label}: {error}") from None
    kept = (str(each.message) for each in caught if issubclass(each.category, UserWarning))
    return list(dict.fromkeys(kept))


def render_key(unit: BoundaryUnit) -> str:
    """Return the digest of all that the audio of a boundary depends on; its params file exists."""
    return json_digest(
        {
            "params": file_hash(unit.files.params),
            "tracks": [track.sha256 for track in unit.tracks],
            "gains_db": list(unit.gains_db),
            "sample_rate": unit.sample_rate,
            "channels": unit.channels,
            "device": pick_device(unit.options.device),
            "stretch": ENGINE,
            "djtrans": __version__,
        }
    )


def check_content(path: Path, content: ParamsFile, tracks: Pair[SetTrack]) -> None:
    """Raise FormatError if a params file cannot be part of a set between two tracks."""
    for side, track in tracks.items():
        recorded = content.provenance.tracks[side]
        if recorded.sha256 != track.sha256:
            raise FormatError(
                f"{path} was made for {recorded.name} as track {side.upper()}, but the set has "
                f"{track.name} there; generate it for these two tracks, or delete it."
            )
    if content.plan.b.key_shift or content.plan.a.key_shift:
        raise FormatError(
            f"{path} transposes a track, which the set plays on at its own pitch; generate it "
            "without a key shift."
        )
    if content.provenance.mixer.spec.master_chain:
        raise FormatError(
            f"{path} has an effect on the mix, which would end with the transition; generate it "
            "without a master effect."
        )


def _render(unit: BoundaryUnit, registry: Registry) -> None:
    aligned: Pair[AlignedTrack] | None = None
    if unit.files.params.is_file():
        content = load_params(unit.files.params)
        check_content(unit.files.params, content, unit.tracks)
    else:
        content, aligned = _generate(unit, registry)
        save_params(unit.files.params, content)
        unit.files.write_record(params=file_hash(unit.files.params))
    key = render_key(unit)
    if unit.files.is_rendered(key):
        return
    audio = _audio(unit, content, aligned, registry)
    write_audio(unit.files.audio, audio, unit.sample_rate, "FLOAT")
    unit.files.write_record(key=key, audio=file_hash(unit.files.audio))


def _generate(unit: BoundaryUnit, registry: Registry) -> tuple[ParamsFile, Pair[AlignedTrack]]:
    """Generate the curves of the planned transition."""
    known = {track.sha256: track.analysis for track in unit.tracks}
    a, b = (load_again(track, unit.sample_rate, unit.channels) for track in unit.tracks)
    prepared = prepare(a, b, unit.options.preparation, known=known, registry=registry)
    for track in prepared.tracks:
        keep_samples_hash(track)
    source = compatible_source(load_source(unit.options, registry), prepared, unit.options)
    span = rendered_span(unit.plan, unit.sample_rate)
    made = make_transition(prepared, unit.plan, span, unit.options, source=source)
    content = ParamsFile(params=made.params, plan=made.plan, provenance=made.provenance)
    return content, Pair(made.a, made.b)


def _audio(
    unit: BoundaryUnit,
    content: ParamsFile,
    aligned: Pair[AlignedTrack] | None,
    registry: Registry,
) -> Tensor:
    """Render the part of a transition that belongs to the set, at the set's levels."""
    plan, recorded = settled(content.plan, unit.gains_db), content.provenance
    span, device = rendered_span(plan, unit.sample_rate), pick_device(unit.options.device)
    mixer = rebuild_mixer(recorded.mixer, content.params, registry)
    if aligned is None:
        tracks = unit.tracks.map(
            lambda track: LazyTrack(track.path, unit.sample_rate, unit.channels)
        )
        separators = Pair("a", "b").map(lambda side: recorded.tracks[side].separator)
        aligned = align_pair(tracks, plan, span, separators, registry, Steps(), device, cached=True)
    rendered = render_window(
        mixer.to(device),
        content.params,
        plan,
        aligned.a,
        aligned.b,
        span,
        device=device,
        seed=recorded.render.seed,
    )
    # The set has one gain for all peaks, not one for each transition.
    return rendered.mix * db_to_amplitude(-rendered.trim_db)


def check_reach(path: Path, plan: TransitionPlan, tracks: Pair[SetTrack], sample_rate: int) -> None:
    """Raise FormatError if a transition reaches beyond one of its tracks."""
    span = rendered_span(plan, sample_rate)
    first = track_seconds(plan.a.warp, span.start / sample_rate)
    last = track_seconds(plan.b.warp, span.stop / sample_rate)
    if first < 0.0 or last > tracks.b.analysis.duration_seconds:
        raise FormatError(
            f"{path}: the transition lies too close to the start of {tracks.a.name} or to the end "
            f"of {tracks.b.name}; give other cue points."
        )
