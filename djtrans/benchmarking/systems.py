"""Systems that are compared: registered components, models, and the mix as every stem."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import torch

from djtrans.benchmarking.annotations import AnnotatedTrack, Annotations
from djtrans.benchmarking.inverse_scores import INVERSE_SCORES, METHODS, score_inverse
from djtrans.benchmarking.mixer_speed import MIXER_SCORES, MixerRound, machine, time_mixer
from djtrans.benchmarking.scores import SCORES, Score, require_mir_eval, score
from djtrans.benchmarking.separation_scores import SEPARATION_SCORES, separation_scores
from djtrans.benchmarking.transition_scores import (
    score_transition,
    transition_dependencies,
    transition_scores,
)
from djtrans.benchmarking.unmixdb import FadedTransition
from djtrans.core.errors import InputError, did_you_mean
from djtrans.core.registration.catalog import Component
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_files import load_stems
from djtrans.core.track.stems import Stems
from djtrans.core.track.track import load_track
from djtrans.evaluation.pairs import TrackPair
from djtrans.mixer.resolve import resolve_spec
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.options import DEFAULT_ANALYZER
from djtrans.registry import Registry, default_registry

#: Stands for the analyzer that commands use by default.
DEFAULT = "default"
#: Stands for the mix as every stem, which any separator must exceed.
MIXTURE = "mixture"
ANALYZER, SEPARATOR, TECHNIQUE, MODEL, INVERSE, MIXER = (
    "analyzer",
    "separator",
    "technique",
    "model",
    "inverse",
    "mixer",
)
#: Item of a dataset, on which a system is measured.
Item = AnnotatedTrack | TrackPair | FadedTransition | MixerRound


def all_scores(registry: Registry | None = None) -> tuple[Score, ...]:
    """Return all scores, in the order of the tables."""
    return (
        *SCORES,
        *SEPARATION_SCORES,
        *transition_scores(registry),
        *INVERSE_SCORES,
        *MIXER_SCORES,
    )


@attrs.frozen
class System:
    """A system to be compared, by name; can be sent to other processes.

    Attributes
    ----------
    kind : str
        ``"analyzer"``, ``"separator"``, ``"technique"``, ``"model"``, ``"inverse"`` or ``"mixer"``.
    name : str
        Qualified name; of a model its file.
    version : int
        Version that its declaration has.
    depends : str
        Whatever else its results depend on, besides the item and djtrans.
    """

    kind: str
    name: str
    version: int = 1
    depends: str = ""

    def applies(self, item: Item) -> bool:
        """Return True if an item has what the system is scored against."""
        if isinstance(item, AnnotatedTrack):
            if self.kind == SEPARATOR:
                return item.stems is not None
            return self.kind == ANALYZER and item.annotations != Annotations()
        if isinstance(item, TrackPair):
            return self.kind in (TECHNIQUE, MODEL)
        return self.kind == (MIXER if isinstance(item, MixerRound) else INVERSE)

    def measure(self, item: Any, registry: Registry | None) -> dict[str, Any]:
        """Run the system on an item that it applies to; returns fields of `TrackResult`."""
        return _MEASURES[self.kind](self, item, registry)


def find_systems(
    registry: Registry,
    *,
    analyzers: Sequence[str] = (),
    separators: Sequence[str] = (),
    techniques: Sequence[str] = (),
    models: Sequence[str] = (),
    inverse: Sequence[str] = (),
    mixers: Sequence[str] = (),
) -> list[System]:
    """Find systems by name, each once.

    Raises
    ------
    InputError
        If no name is given, or there is no such method of inverse mixing.
    PluginError
        If a component is not registered.
    FormatError
        If a model cannot be loaded.
    DependencyError
        If there are analyzers, and mir_eval is not installed.
    """
    mir_eval = str(require_mir_eval().__version__) if analyzers else ""
    found = [
        *(
            _system(
                ANALYZER,
                registry.analyzers.find(DEFAULT_ANALYZER if n == DEFAULT else n),
                mir_eval,
            )
            for n in analyzers
        ),
        *(
            System(SEPARATOR, MIXTURE)
            if name == MIXTURE
            else _system(SEPARATOR, registry.separators.find(name))
            for name in separators
        ),
        *(
            _system(TECHNIQUE, registry.techniques.find(name), transition_dependencies(registry))
            for name in techniques
        ),
        *(System(MODEL, name, depends=transition_dependencies(registry, name)) for name in models),
        *(System(INVERSE, _method(name)) for name in inverse),
        *(_mixer(name, registry) for name in mixers),
    ]
    if not found:
        raise InputError(
            "Give at least one analyzer, separator, technique, model, method of inverse mixing or "
            "mixer."
        )
    return list(dict.fromkeys(found))


def _system(kind: str, component: Component[Any], depends: str = "") -> System:
    return System(kind, component.name, component.declaration.version, depends)


def _method(name: str) -> str:
    if name not in METHODS:
        raise InputError(
            f"There is no method of inverse mixing {name!r}. {did_you_mean(name, METHODS)}"
        )
    return name


def _mixer(name: str, registry: Registry) -> System:
    component = registry.mixers.find(name)
    spec = attrs.asdict(resolve_spec(component.name, registry))
    return _system(MIXER, component, json.dumps([machine(), spec], default=str))


def _analyze(system: System, track: AnnotatedTrack, registry: Registry | None) -> dict[str, Any]:
    loaded = load_track(track.audio)
    analysis = analyze_track(loaded, analyzer=system.name, corrected=False, registry=registry)
    return {
        "decoder": loaded.decoder,
        "scores": score(analysis, track.annotations),
        "bpm": float(analysis.grid.bpm),
        "key": analysis.key.name,
    }


def _separate(system: System, track: AnnotatedTrack, registry: Registry | None) -> dict[str, Any]:
    if track.stems is None:
        raise InputError(f"{track.name} has no true stems.")
    loaded = load_track(track.audio)
    true = load_stems(track.stems, sample_rate=loaded.sample_rate)
    if system.name == MIXTURE:
        found = Stems(torch.stack([loaded.audio] * len(true.names)), true.names, true.sample_rate)
    else:
        registry = registry or default_registry()
        declaration = registry.separators.find(system.name).declaration
        built = registry.separators.build(system.name)
        found = separate(built, declaration, loaded.audio, loaded.sample_rate)
    scores = separation_scores(*_same_length(found, true))
    return {"decoder": loaded.decoder, "scores": scores}


def _mix(system: System, pair: TrackPair, registry: Registry | None) -> dict[str, Any]:
    return {"scores": score_transition(pair, registry, **{system.kind: system.name})}


def _unmix(system: System, item: FadedTransition, registry: Registry | None) -> dict[str, Any]:
    return {"scores": score_inverse(system.name, item, registry)}


def _time(system: System, item: MixerRound, registry: Registry | None) -> dict[str, Any]:
    return {"scores": time_mixer(system.name, item, registry)}


def _same_length(found: Stems, true: Stems) -> tuple[Stems, Stems]:
    """Cut both to the shorter, which rounding and decoders make differ by a few samples."""
    samples = min(found.audio.shape[-1], true.audio.shape[-1])
    channels = max(found.audio.shape[-2], true.audio.shape[-2])
    return (
        attrs.evolve(found, audio=found.audio[..., :samples].expand(-1, channels, -1)),
        attrs.evolve(true, audio=true.audio[..., :samples].expand(-1, channels, -1)),
    )


_MEASURES: dict[str, Callable[[System, Any, Registry | None], dict[str, Any]]] = {
    ANALYZER: _analyze,
    SEPARATOR: _separate,
    TECHNIQUE: _mix,
    MODEL: _mix,
    INVERSE: _unmix,
    MIXER: _time,
}
