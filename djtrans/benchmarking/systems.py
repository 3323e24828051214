"""Systems that are compared: registered analyzers and separators, and the mix as every stem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import torch

from djtrans.benchmarking.annotations import AnnotatedTrack, Annotations
from djtrans.benchmarking.scores import SCORES, score
from djtrans.benchmarking.separation_scores import SEPARATION_SCORES, separation_scores
from djtrans.core.errors import InputError
from djtrans.core.registration.catalog import Component
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_files import load_stems
from djtrans.core.track.stems import Stems
from djtrans.core.track.track import Track, load_track
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.options import DEFAULT_ANALYZER
from djtrans.registry import Registry, default_registry

#: Stands for the analyzer that commands use by default.
DEFAULT = "default"
#: Stands for the mix as every stem, which any separator must exceed.
MIXTURE = "mixture"
ANALYZER, SEPARATOR = "analyzer", "separator"
#: All scores, in the order of the tables.
ALL_SCORES = (*SCORES, *SEPARATION_SCORES)


@attrs.frozen
class System:
    """A system to be compared, by name; can be sent to other processes.

    Attributes
    ----------
    kind : str
        ``"analyzer"`` or ``"separator"``.
    name : str
        Qualified name.
    version : int
        Version that its declaration has.
    """

    kind: str
    name: str
    version: int = 1

    def applies(self, track: AnnotatedTrack) -> bool:
        """Return True if a track has what the system is scored against."""
        if self.kind == SEPARATOR:
            return track.stems is not None
        return track.annotations != Annotations()

    def measure(self, track: AnnotatedTrack, registry: Registry | None) -> dict[str, Any]:
        """Run the system on a track; returns fields of `TrackResult`."""
        loaded = load_track(track.audio)
        return {"decoder": loaded.decoder, **_MEASURES[self.kind](self, track, loaded, registry)}


def find_systems(
    analyzers: Sequence[str], separators: Sequence[str], registry: Registry
) -> list[System]:
    """Find systems by name, each once.

    Raises
    ------
    InputError
        If no name is given.
    PluginError
        If a component is not registered.
    """
    found = [
        *(
            _system(ANALYZER, registry.analyzers.find(DEFAULT_ANALYZER if n == DEFAULT else n))
            for n in analyzers
        ),
        *(
            System(SEPARATOR, MIXTURE)
            if name == MIXTURE
            else _system(SEPARATOR, registry.separators.find(name))
            for name in separators
        ),
    ]
    if not found:
        raise InputError("Give at least one analyzer or separator.")
    return list(dict.fromkeys(found))


def _system(kind: str, component: Component[Any]) -> System:
    return System(kind, component.name, component.declaration.version)


def _analyze(
    system: System, track: AnnotatedTrack, loaded: Track, registry: Registry | None
) -> dict[str, Any]:
    analysis = analyze_track(loaded, analyzer=system.name, corrected=False, registry=registry)
    return {
        "scores": score(analysis, track.annotations),
        "bpm": float(analysis.grid.bpm),
        "key": analysis.key.name,
    }


def _separate(
    system: System, track: AnnotatedTrack, loaded: Track, registry: Registry | None
) -> dict[str, Any]:
    if track.stems is None:
        raise InputError(f"{track.name} has no true stems.")
    true = load_stems(track.stems, sample_rate=loaded.sample_rate)
    if system.name == MIXTURE:
        found = Stems(torch.stack([loaded.audio] * len(true.names)), true.names, true.sample_rate)
    else:
        registry = registry or default_registry()
        declaration = registry.separators.find(system.name).declaration
        built = registry.separators.build(system.name)
        found = separate(built, declaration, loaded.audio, loaded.sample_rate)
    return {"scores": separation_scores(*_same_length(found, true))}


def _same_length(found: Stems, true: Stems) -> tuple[Stems, Stems]:
    """Cut both to the shorter, which rounding and decoders make differ by a few samples."""
    samples = min(found.audio.shape[-1], true.audio.shape[-1])
    channels = max(found.audio.shape[-2], true.audio.shape[-2])
    return (
        attrs.evolve(found, audio=found.audio[..., :samples].expand(-1, channels, -1)),
        attrs.evolve(true, audio=true.audio[..., :samples].expand(-1, channels, -1)),
    )


_Measure = Callable[[System, AnnotatedTrack, Track, "Registry | None"], "dict[str, Any]"]
_MEASURES: dict[str, _Measure] = {ANALYZER: _analyze, SEPARATOR: _separate}
