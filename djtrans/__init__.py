"""djtrans: two tracks in, a beat-matched, musically aware DJ transition out.

The public names are imported when they are first used (PEP 562), so that ``import djtrans`` loads
neither torch nor numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "djtrans.api": (
        "DifferentiableDJMixer",
        "analyze_track",
        "build_track_features",
        "generate",
        "generate_transition",
        "load_technique",
        "mixer_layout",
        "plan_transition",
        "render",
    ),
    "djtrans.core.analysis": ("Analysis", "BeatGrid", "Key", "Levels", "Phrase", "Section"),
    "djtrans.core.audio": ("load_audio", "resample", "write_audio"),
    "djtrans.core.declarations": (
        "AnalyzerDeclaration",
        "DenoiserDeclaration",
        "EffectDeclaration",
        "EncoderDeclaration",
        "MixerDeclaration",
        "SchedulerDeclaration",
        "SeparatorDeclaration",
        "TechniqueDeclaration",
        "TracklistDeclaration",
    ),
    "djtrans.core.config": ("setting",),
    "djtrans.core.contracts": ("RenderContext",),
    "djtrans.core.drawing": ("DrawRequest",),
    "djtrans.core.errors": ("DjtransError",),
    "djtrans.core.features": ("TrackFeatures",),
    "djtrans.core.hookspecs": ("hookimpl",),
    "djtrans.core.layout": ("Layout",),
    "djtrans.core.parameters": ("Parameter",),
    "djtrans.core.params": ("TransitionParams",),
    "djtrans.core.plan": ("TransitionPlan",),
    "djtrans.core.separation": ("load_stems",),
    "djtrans.core.spec": ("MixerConfig", "MixerSpec", "NodeSpec"),
    "djtrans.core.stems": ("Stems",),
    "djtrans.core.synth": ("TrackSpec", "synthesize"),
    "djtrans.core.track": ("Track", "load_track"),
    "djtrans.core.transition": ("Transition",),
    "djtrans.registry": ("Registry", "default_registry"),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 -- computed, so that a name stands in one place

if TYPE_CHECKING:  # what the lazy names are, for type checkers and editors
    from djtrans.core.analysis import Analysis as Analysis
    from djtrans.core.stems import Stems as Stems


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'djtrans' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
