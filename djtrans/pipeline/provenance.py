"""Provenance: record the components of a transition, and rebuild them from the record."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

import djtrans
from djtrans.core.audio.time_stretch import ENGINE
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.stem_files import stems_hash
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import Span
from djtrans.core.transition.output_level import MATCH_A, read_level
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import (
    MixerRecord,
    ModelUse,
    Provenance,
    RenderRecord,
    TrackRecord,
)
from djtrans.core.transition.plan import TransitionPlan
from djtrans.diffusion.identity import WEIGHTS, replaced_parts
from djtrans.diffusion.model import DiffusionModel
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.resolve import component_record
from djtrans.pipeline.separators import find_separator
from djtrans.registry import Registry


def make_provenance(
    registry: Registry,
    tracks: Pair[Track] | Pair[Track | LazyTrack],
    separators: Pair[ComponentRecord],
    mixer: DifferentiableDJMixer,
    plan: TransitionPlan,
    span: Span,
    *,
    seed: int = 0,
    technique_config: Mapping[str, Any] | None = None,
    model: DiffusionModel | None = None,
    others: Mapping[str, tuple[str, ...]] | None = None,
    analyses: Pair[Analysis] | None = None,
    level: float | str = MATCH_A,
) -> Provenance:
    """Record what is needed, beside plan and curves, to reproduce the audio.

    Parameters
    ----------
    registry : Registry
    tracks : Pair of Track
        In the sample rate and channel count of the render.
    separators : Pair of ComponentRecord
        Separator of each track, see :func:`separator_record`.
    mixer : DifferentiableDJMixer
    plan : TransitionPlan
    span : Span
        Rendered part of the timeline.
    seed : int
        Seed of the render.
    technique_config : mapping, optional
        Fields that the technique was built with; the rest are its defaults.
    model : DiffusionModel, optional
        Model that generated the curves instead of the technique.
    others : mapping of str to tuple of str, optional
        Parameters that it did not generate, by their source.
    analyses : Pair of Analysis, optional
        Analyses, whose corrections are recorded.
    level : float or str
        Level of the output.

    Returns
    -------
    Provenance
    """
    return Provenance(
        tracks={
            side: TrackRecord(
                name=track.name,
                sha256=track.sha256,
                separator=separators[side],
                isolation=separator_declaration(separators[side], registry).isolation,
                decoder=track.decoder,
                tags=track.tags,
                corrections=[]
                if analyses is None
                else [str(correction) for correction in analyses[side].corrections],
            )
            for side, track in tracks.items()
        },
        mixer=mixer_record(mixer, registry),
        render=RenderRecord(
            sample_rate=tracks.a.sample_rate,
            channels=tracks.a.channels,
            start=span.start,
            stop=span.stop,
            seed=seed,
            stretch=ENGINE,
            djtrans=djtrans.__version__,
            level=read_level(level),
        ),
        technique=component_record(registry, "technique", plan.technique, technique_config or {}),
        model=None if model is None else model_use(model, registry, others),
    )


def model_use(
    model: DiffusionModel,
    registry: Registry,
    others: Mapping[str, tuple[str, ...]] | None = None,
) -> ModelUse:
    """Record a model as it generates, with the parts that are not those of its file.

    `others` has the parameters that it does not generate, by their source.
    """
    scheduler = None
    if model.scheduler_name:
        scheduler = registry.schedulers.build(model.scheduler_name, model.scheduler_config)
    replaced = replaced_parts(model, scheduler)
    return ModelUse(
        name=model.name,
        sha256="" if WEIGHTS in replaced else model.sha256,
        scheduler=model.scheduler_name,
        steps=model.steps,
        guidance_scale=model.inference.guidance_scale,
        scheduler_config=model.scheduler_config,
        others=others or {},
        replaced=replaced,
    )


def separator_record(
    registry: Registry,
    name: str,
    ready: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
) -> ComponentRecord:
    """Record the separator of a track: a named one, or the reader of a folder of ready stems.

    Stems are recorded by their content, and by a path that does not depend on the current folder.
    """
    if ready is not None:
        path = os.path.abspath(os.path.expanduser(ready))
        stems = {"path": path, "sha256": stems_hash(path)}
        return component_record(registry, "separator", "folder", stems)
    if find_separator(registry, name)[1].reads_source:
        raise InputError(
            f"The separator {name!r} reads ready stems; give their folders with stems_a and "
            "stems_b (--stems-a, --stems-b)."
        )
    return component_record(registry, "separator", name, config or {})


def separator_declaration(record: ComponentRecord, registry: Registry) -> SeparatorDeclaration:
    """Return the declaration of a recorded separator."""
    return find_separator(registry, record.name)[1]


def mixer_record(mixer: DifferentiableDJMixer, registry: Registry) -> MixerRecord:
    """Record a mixer: its spec, its config and the versions of its effects."""
    nodes = [node for _, chain in mixer.spec.chains() for node in chain]
    versions = {
        node.effect: registry.effects.find(node.effect).declaration.version for node in nodes
    }
    return MixerRecord(spec=mixer.spec, config=mixer.config, versions=versions)


def rebuild_mixer(
    record: MixerRecord, params: TransitionParams, registry: Registry
) -> DifferentiableDJMixer:
    """Rebuild the mixer of recorded curves; raise if its parameters have changed."""
    mixer = DifferentiableDJMixer(record.spec, record.config, registry=registry)
    if mixer.layout.digest != params.layout.digest:
        raise FormatError(
            "The installed effects declare other parameters than those of these curves; install "
            "the versions of the plugins that wrote the file."
        )
    for name, version in record.versions.items():
        here = registry.effects.find(name).declaration.version
        if here != version:
            warn_changed(f"the effect {name} had version {version}, here it is {here}")
    return mixer


def warn_changed(what: str) -> None:
    """Warn that something differs from when the params file was written."""
    warnings.warn(f"The audio may differ from the first render: {what}.", stacklevel=3)
