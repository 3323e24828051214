from .analyzing import (
    analyze_track as analyze_track,
)
from .api import (
    build_track_features as build_track_features,
)
from .api import (
    generate_transition as generate_transition,
)
from .assembly import mixer_layout as mixer_layout
from .assembly import resolve_spec as resolve_spec
from .core.analysis import (
    Analysis as Analysis,
)
from .core.analysis import (
    Levels as Levels,
)
from .core.analysis import (
    Phrase as Phrase,
)
from .core.analysis import (
    Section as Section,
)
from .core.audio import load_audio as load_audio
from .core.audio import write_audio as write_audio
from .core.beat_grid import (
    BeatGrid as BeatGrid,
)
from .core.config import setting as setting
from .core.contracts import RenderContext as RenderContext
from .core.declarations import (
    AnalyzerDeclaration as AnalyzerDeclaration,
)
from .core.declarations import (
    DenoiserDeclaration as DenoiserDeclaration,
)
from .core.declarations import (
    EffectDeclaration as EffectDeclaration,
)
from .core.declarations import (
    EncoderDeclaration as EncoderDeclaration,
)
from .core.declarations import (
    MixerDeclaration as MixerDeclaration,
)
from .core.declarations import (
    SchedulerDeclaration as SchedulerDeclaration,
)
from .core.declarations import (
    SeparatorDeclaration as SeparatorDeclaration,
)
from .core.declarations import (
    TechniqueDeclaration as TechniqueDeclaration,
)
from .core.declarations import (
    TracklistDeclaration as TracklistDeclaration,
)
from .core.drawing import DrawRequest as DrawRequest
from .core.errors import DjtransError as DjtransError
from .core.features import TrackFeatures as TrackFeatures
from .core.hookspecs import hookimpl as hookimpl
from .core.key import (
    Key as Key,
)
from .core.layout import Layout as Layout
from .core.parameters import Parameter as Parameter
from .core.params import TransitionParams as TransitionParams
from .core.plan import TransitionPlan as TransitionPlan
from .core.resampling import resample as resample
from .core.sheet import CurveSheet as CurveSheet
from .core.spec import MixerConfig as MixerConfig
from .core.spec import MixerSpec as MixerSpec
from .core.spec import NodeSpec as NodeSpec
from .core.stems import Stems as Stems
from .core.stems_io import load_stems as load_stems
from .core.stems_io import save_stems as save_stems
from .core.synth import TrackSpec as TrackSpec
from .core.synth import synthesize as synthesize
from .core.track import Track as Track
from .core.track import load_track as load_track
from .drawing import (
    load_technique as load_technique,
)
from .generation import generate as generate
from .mixing import (
    DifferentiableDJMixer as DifferentiableDJMixer,
)
from .models import get_inference_config as get_inference_config
from .models import load_model as load_model
from .planning import (
    plan_transition as plan_transition,
)
from .registry import Registry as Registry
from .registry import default_registry as default_registry
from .replay import render as render
from .separators import (
    run_demucs as run_demucs,
)
from .transition import Transition as Transition

__version__: str
