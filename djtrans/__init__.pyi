from .core.audio.io import load_audio as load_audio
from .core.audio.io import write_audio as write_audio
from .core.audio.resampling import resample as resample
from .core.contracts.analyzer import (
    AnalyzerDeclaration as AnalyzerDeclaration,
)
from .core.contracts.config import setting as setting
from .core.contracts.denoiser import (
    DenoiserDeclaration as DenoiserDeclaration,
)
from .core.contracts.effect import (
    EffectDeclaration as EffectDeclaration,
)
from .core.contracts.effect import RenderContext as RenderContext
from .core.contracts.encoder import (
    EncoderDeclaration as EncoderDeclaration,
)
from .core.contracts.exporter import (
    ExporterDeclaration as ExporterDeclaration,
)
from .core.contracts.hooks import hookimpl as hookimpl
from .core.contracts.library import LibraryDeclaration as LibraryDeclaration
from .core.contracts.metric import MetricDeclaration as MetricDeclaration
from .core.contracts.metric import MetricValue as MetricValue
from .core.contracts.mixer import (
    MixerDeclaration as MixerDeclaration,
)
from .core.contracts.mixer_spec import MixerConfig as MixerConfig
from .core.contracts.mixer_spec import MixerSpec as MixerSpec
from .core.contracts.mixer_spec import NodeSpec as NodeSpec
from .core.contracts.objective import (
    ObjectiveDeclaration as ObjectiveDeclaration,
)
from .core.contracts.scheduler import (
    SchedulerDeclaration as SchedulerDeclaration,
)
from .core.contracts.separator import (
    SeparatorDeclaration as SeparatorDeclaration,
)
from .core.contracts.technique import (
    TechniqueDeclaration as TechniqueDeclaration,
)
from .core.contracts.tracklist import (
    TracklistDeclaration as TracklistDeclaration,
)
from .core.curves.layout import Layout as Layout
from .core.curves.parameter import Parameter as Parameter
from .core.curves.params import TransitionParams as TransitionParams
from .core.curves.request import CurveRequest as CurveRequest
from .core.curves.sheet import CurveSheet as CurveSheet
from .core.errors import DjtransError as DjtransError
from .core.track.analysis import (
    Analysis as Analysis,
)
from .core.track.analysis import (
    Levels as Levels,
)
from .core.track.analysis import (
    Phrase as Phrase,
)
from .core.track.analysis import (
    Section as Section,
)
from .core.track.beat_grid import (
    BeatGrid as BeatGrid,
)
from .core.track.features import TrackFeatures as TrackFeatures
from .core.track.key import (
    Key as Key,
)
from .core.track.stem_files import load_stems as load_stems
from .core.track.stem_files import save_stems as save_stems
from .core.track.stems import Stems as Stems
from .core.track.track import Track as Track
from .core.track.track import load_track as load_track
from .core.transition.pair import Pair as Pair
from .core.transition.plan import TransitionPlan as TransitionPlan
from .diffusion.loading import get_inference_config as get_inference_config
from .diffusion.loading import load_model as load_model
from .mixer.apply import apply_effect as apply_effect
from .mixer.build import (
    DifferentiableDJMixer as DifferentiableDJMixer,
)
from .mixer.resolve import mixer_layout as mixer_layout
from .mixer.resolve import resolve_spec as resolve_spec
from .pipeline.analysis import (
    analyze_track as analyze_track,
)
from .pipeline.candidates import generate_candidates as generate_candidates
from .pipeline.curve_generation import (
    load_technique as load_technique,
)
from .pipeline.exporting import export_transition as export_transition
from .pipeline.from_stems import (
    build_track_features as build_track_features,
)
from .pipeline.from_stems import (
    generate_transition as generate_transition,
)
from .pipeline.generation import generate as generate
from .pipeline.listening_report import write_report as write_report
from .pipeline.options import GenerateOptions as GenerateOptions
from .pipeline.options import PreparationOptions as PreparationOptions
from .pipeline.refinement import refine as refine
from .pipeline.rendering import render as render
from .pipeline.separators import (
    run_demucs as run_demucs,
)
from .pipeline.transition import Transition as Transition
from .planning.registered import (
    plan_candidates as plan_candidates,
)
from .planning.registered import (
    plan_transition as plan_transition,
)
from .registry import Registry as Registry
from .registry import default_registry as default_registry
from .sets.make import SetResult as SetResult
from .sets.make import make_set as make_set
from .sets.options import SetOptions as SetOptions
from .synthesis import TrackSpec as TrackSpec
from .synthesis import synthesize as synthesize

__version__: str
