from .api import (
    DifferentiableDJMixer as DifferentiableDJMixer,
    analyze_track as analyze_track,
    build_track_features as build_track_features,
    generate_transition as generate_transition,
    load_technique as load_technique,
    plan_transition as plan_transition,
)
from .assembly import mixer_layout as mixer_layout, resolve_spec as resolve_spec
from .core.analysis import (
    Analysis as Analysis,
    BeatGrid as BeatGrid,
    Key as Key,
    Levels as Levels,
    Phrase as Phrase,
    Section as Section,
)
from .core.audio import load_audio as load_audio, write_audio as write_audio
from .core.config import setting as setting
from .core.contracts import RenderContext as RenderContext
from .core.declarations import (
    AnalyzerDeclaration as AnalyzerDeclaration,
    DenoiserDeclaration as DenoiserDeclaration,
    EffectDeclaration as EffectDeclaration,
    EncoderDeclaration as EncoderDeclaration,
    MixerDeclaration as MixerDeclaration,
    SchedulerDeclaration as SchedulerDeclaration,
    SeparatorDeclaration as SeparatorDeclaration,
    TechniqueDeclaration as TechniqueDeclaration,
    TracklistDeclaration as TracklistDeclaration,
)
from .core.drawing import DrawRequest as DrawRequest
from .core.errors import DjtransError as DjtransError
from .core.features import TrackFeatures as TrackFeatures
from .core.hookspecs import hookimpl as hookimpl
from .core.layout import Layout as Layout
from .core.parameters import Parameter as Parameter
from .core.params import TransitionParams as TransitionParams
from .core.plan import TransitionPlan as TransitionPlan
from .core.stems_io import load_stems as load_stems, save_stems as save_stems
from .core.resampling import resample as resample
from .core.sheet import CurveSheet as CurveSheet
from .core.spec import MixerConfig as MixerConfig, MixerSpec as MixerSpec, NodeSpec as NodeSpec
from .core.stems import Stems as Stems
from .core.synth import TrackSpec as TrackSpec, synthesize as synthesize
from .core.track import Track as Track, load_track as load_track
from .generation import generate as generate, render as render
from .registry import Registry as Registry, default_registry as default_registry
from .transition import Transition as Transition

__version__: str
