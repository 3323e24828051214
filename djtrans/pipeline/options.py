"""Options of a transition, shared by the Python functions, the command line and the datasets."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

import attrs

from djtrans.core.contracts.config import check_seed
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.contracts.overrides import Settings
from djtrans.core.curves.parameter import MOST_FRAMES
from djtrans.core.errors import ConfigError, InputError
from djtrans.core.transition.output_level import MATCH_A, read_level
from djtrans.core.transition.pair import Pair
from djtrans.core.util.option_records import with_fields
from djtrans.core.util.positions import parse_position
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.planning.options import WINDOW_BARS, PlanOptions

if TYPE_CHECKING:
    from djtrans.core.track.beat_grid import BeatGrid
    from djtrans.diffusion.model import DiffusionModel, Guide

#: Default of options that are chosen from the tracks, or from the installed components.
AUTO = "auto"
#: Analyzer of the default path.
DEFAULT_ANALYZER = "constant-grid"
#: Context on either side of the window, in bars.
DEFAULT_CONTEXT_BARS = 8

#: Values of ``refine``: by the source of the curves, off, or a prediction of RefinementConfig,
#: whose module imports torch.
REFINEMENTS = (AUTO, "off", "powers", "audio")
#: Largest number of candidates, and largest strength of guidance.
MOST_CANDIDATES, STRONGEST = 256, 100.0
#: Options that a params file to vary has settled.
_OF_THE_PLAN = (
    *("technique", "bars", "duration", "cue_a", "cue_b", "swap_a", "swap_b", "tempo"),
    *("stretch_limit", "shift_beats", "nudge_ms", "key_shift", "keep_a", "keep_b", "candidate"),
)

#: Allowed lengths of the window, for messages.
_LENGTHS = f"{', '.join(map(str, WINDOW_BARS[:-1]))} or {WINDOW_BARS[-1]}"
_SECONDS = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(s?)\s*")


@attrs.frozen(kw_only=True)
class PreparationOptions:
    """Options of :func:`djtrans.pipeline.preparation.prepare`: components and device.

    Attributes
    ----------
    analyzer : str
        Name of a registered analyzer.
    separator : str
        Name of a registered separator, or ``"auto"``.
    stems : Pair of path or None
        Folder with ready stems of each track.
    mixer : MixerSpec or str
        A spec, or the name of a registered mixer.
    master : str, optional
        Name of a registered effect that is appended to the master chain of the mixer.
    settings : Settings
        Settings of the components.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.PreparationOptions(separator="spectral").device
    'auto'
    """

    analyzer: str = DEFAULT_ANALYZER
    separator: str = AUTO
    stems: Pair[str | os.PathLike[str] | None] = attrs.field(factory=lambda: Pair(None, None))
    mixer: MixerSpec | str = DEFAULT_MIXER
    master: str | None = None
    settings: Settings = attrs.field(factory=Settings)
    device: str = AUTO


def _cli(help: str, metavar: str | None = None) -> dict[str, str | None]:
    """Metadata of a field that is an option of the command line, too."""
    return {"help": help, "metavar": metavar}


@attrs.frozen(kw_only=True)
class GenerateOptions:
    """Options of :func:`djtrans.generate`; each is a keyword argument of it, too.

    Attributes
    ----------
    technique : str
        Name of a registered technique, or ``"auto"``. A model is conditioned on it.
    model : DiffusionModel or path, optional
        Model that generates the curves: a loaded one, or what :func:`djtrans.load_model` takes.
        ``"auto"`` is the bundled model; with None or ``"none"`` the technique's rules generate
        them. So they do where the bundled model does not know the technique or the length.
    scheduler : str, optional
        Name of a registered scheduler, or a tuple of its name and settings; by default the model's
        own.
    steps : int, optional
        Evaluations of the model; by default the scheduler's own number.
    guidance_scale : float, optional
        Scale of the classifier-free guidance; by default as the model was saved.
    n_frames : int, optional
        Resample the generated curves to this many frames.
    refine : {"auto", "off", "powers", "audio"}
        Refine the curves by the predicted mix. ``"auto"`` refines those of a model, and keeps the
        result if the prediction is better. ``"powers"`` keeps it only if the rendered audio
        measures no worse, see :func:`djtrans.refine`; ``"audio"`` also descends on rendered audio,
        which is slow.
    best_of : int or "auto"
        Generate curves with so many seeds, of which `seed` is the first, and choose the best by the
        objectives of the predicted mix. ``"auto"``: 4 of a model, 1 of a technique.
    objective_guidance : float
        Strength at which objectives guide the sampling of a model; 0 is off, 0.05 usual.
    guides : sequence of callable
        Other guides of the sampling of a model: ``guide(clean, level, request)`` returns changed
        clean curves ``[batch, frames, parameters]``, -1 to 1.
    vary : path, optional
        Params file of a transition between the same tracks. Its plan is kept, and a model varies
        its curves.
    strength : float
        How far the model may change the curves of `vary`, greater than 0 and at most 1.
    analyzer : str
        Name of a registered analyzer.
    separator : str
        Name of a registered separator, or ``"auto"``: demucs if its weights are present or can be
        downloaded, else spectral, with a warning.
    bars : int or str, optional
        Length of the window: 1, 2, 4, 8, 16, 24, 32, 48 or 64; ``"auto"`` or None: the planner
        chooses.
    duration : float, optional
        Length in seconds instead; the nearest of these lengths is taken.
    cue_a, cue_b : float or str, optional
        Start of the window in each track: seconds, ``"1:35.2"`` or ``"bar:33"`` as the summary
        prints it; moved to the nearest downbeat.
    swap_a, swap_b : float or str, optional
        Position of the swap in each track instead.
    tempo : float or str
        Tempo of the window: ``"auto"``, ``"a"``, ``"b"``, ``"ramp"`` or beats per minute.
    stems_a, stems_b : path, optional
        Folder with ready stems of a track (drums, bass, vocals, other).
    stretch_limit : float, optional
        Largest tempo change, as a fraction; by default 0.08, or the technique's limit if larger.
    shift_beats : int or str
        Beats by which B's downbeats are moved later, 0 to 3; ``"auto"``: the planner chooses.
    nudge_ms : float
        Delay of B against its beat grid, in milliseconds.
    key_shift : int
        Semitones by which B is transposed, -6 to 6.
    keep_a, keep_b : float
        Least part of A that is played up to the end of the window, and of B from its start on, 0 to
        1; a looser plan is made only if no other is possible, and says so.
    candidate : int
        Rank of the plan among those that differ clearly, see :func:`djtrans.plan_candidates`; 1 is
        the best.
    context : float or str
        Length before and after the window: bars, or seconds as ``"8s"``.
    full : bool
        Render from A's start to B's end instead.
    level : float or str
        Level of the output: ``"match-a"`` keeps the level of A's file, and lowers the whole output
        if its true peaks exceed -1 dBTP; ``"peak"`` brings the highest true peak to -1 dBTP; a
        number is its integrated loudness in LUFS, as far as the peaks allow.
    mixer : MixerSpec or str
        A spec, or the name of a registered mixer.
    master : str, optional
        Name of a registered effect on the mix, after the mixer: ``"limiter"`` keeps true peaks
        below -1 dBTP, so that loud passages do not lower the whole file.
    settings : mapping of str to object, optional
        Settings of the components: ``"reverb.decay_seconds"`` by node of the mixer, ``"reverb"``
        for another effect at that node, ``"separator.FIELD"``, ``"technique.FIELD"`` of a named
        technique.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``: for the mixer, and for a separator that
        can choose.
    seed : int
        The same inputs, seed, separator and device give the same audio.

    Raises
    ------
    InputError
        If an option is not allowed, or two exclude each other.

    See Also
    --------
    djtrans.generate : Takes these options.

    Examples
    --------
    >>> import attrs, djtrans
    >>> options = djtrans.GenerateOptions(technique="bass-swap", bars=16)
    >>> [attrs.evolve(options, seed=seed).seed for seed in range(3)]
    [0, 1, 2]
    """

    technique: str = attrs.field(default=AUTO, metadata=_cli("Name of a technique, or auto."))
    model: DiffusionModel | str | os.PathLike[str] | None = attrs.field(
        default=AUTO,
        metadata=_cli(
            "Model that generates the curves: file, folder or hub id; none: the technique's rules."
        ),
    )
    scheduler: str | None = attrs.field(
        default=None, metadata=_cli("Name of a scheduler; default: the model's own.")
    )
    steps: int | None = attrs.field(
        default=None, metadata=_cli("Evaluations of the model; default: the scheduler's own.")
    )
    guidance_scale: float | None = attrs.field(
        default=None,
        metadata=_cli("Scale of the guidance by the conditioning; default: the model's own."),
    )
    n_frames: int | None = attrs.field(
        default=None, metadata=_cli("Resample the curves to this many frames.")
    )
    refine: str = attrs.field(
        default=AUTO,
        metadata=_cli(
            "Refine the curves by the predicted mix, checked on the rendered one (powers), or, "
            "slowly, by the rendered one (audio); auto: those of a model, unchecked.",
            "auto|off|powers|audio",
        ),
    )
    best_of: int | str = attrs.field(
        default=AUTO,
        metadata=_cli(
            "Choose the best curves of so many seeds, by the predicted mix; auto: 4 of a model, 1 "
            "of a technique.",
            "N|auto",
        ),
    )
    objective_guidance: float = attrs.field(
        default=0.0,
        metadata=_cli("Strength at which the objectives guide the model; 0: off, usually 0.05."),
    )
    guides: Sequence[Guide] = ()
    vary: str | os.PathLike[str] | None = attrs.field(
        default=None,
        metadata=_cli("Params file of a transition of these tracks, whose curves to vary.", "FILE"),
    )
    strength: float = attrs.field(
        default=0.3, metadata=_cli("How far curves are varied, above 0 and at most 1.")
    )
    analyzer: str = attrs.field(default=DEFAULT_ANALYZER, metadata=_cli("Name of an analyzer."))
    separator: str = attrs.field(default=AUTO, metadata=_cli("Name of a separator, or auto."))
    bars: int | str | None = attrs.field(
        default=AUTO, metadata=_cli("Length: 1, 2, 4, 8, 16, 24, 32, 48 or 64 bars.", "N|auto")
    )
    duration: float | None = attrs.field(
        default=None, metadata=_cli("Length in seconds; the nearest of these lengths is taken.")
    )
    cue_a: float | str | None = attrs.field(
        default=None, metadata=_cli("Start of the window in A: 95.2, 1:35.2 or bar:33.", "TIME")
    )
    cue_b: float | str | None = attrs.field(
        default=None, metadata=_cli("Start of the window in B: 95.2, 1:35.2 or bar:33.", "TIME")
    )
    swap_a: float | str | None = attrs.field(
        default=None, metadata=_cli("Position of the swap in A instead.", "TIME")
    )
    swap_b: float | str | None = attrs.field(
        default=None, metadata=_cli("Position of the swap in B instead.", "TIME")
    )
    tempo: float | str = attrs.field(
        default=AUTO, metadata=_cli("Tempo of the window: auto, a, b, ramp, or beats per minute.")
    )
    stems_a: str | os.PathLike[str] | None = attrs.field(
        default=None, metadata=_cli("Folder with ready stems of A.", "DIR")
    )
    stems_b: str | os.PathLike[str] | None = attrs.field(
        default=None, metadata=_cli("Folder with ready stems of B.", "DIR")
    )
    stretch_limit: float | None = attrs.field(
        default=None,
        metadata=_cli("Largest tempo change, as a fraction; default: 0.08, or the technique's."),
    )
    shift_beats: int | str = attrs.field(
        default=AUTO,
        metadata=_cli("Beats by which B's downbeats are moved later, 0 to 3.", "N|auto"),
    )
    nudge_ms: float = attrs.field(
        default=0, metadata=_cli("Delay of B against its beat grid, in milliseconds.")
    )
    key_shift: int = attrs.field(
        default=0, metadata=_cli("Semitones by which B is transposed, -6 to 6.")
    )
    keep_a: float = attrs.field(
        default=0.75, metadata=_cli("Least part of A that is played before it ends, 0 to 1.")
    )
    keep_b: float = attrs.field(
        default=0.75, metadata=_cli("Least part of B that is played from its start on, 0 to 1.")
    )
    candidate: int = attrs.field(
        default=1, metadata=_cli("Rank of the plan among those that 'djtrans plan' lists.")
    )
    context: float | str = attrs.field(
        default=DEFAULT_CONTEXT_BARS,
        metadata=_cli(
            "Length before and after the window: bars, or seconds as 8s; 0 is the window alone."
        ),
    )
    full: bool = attrs.field(default=False, metadata=_cli("Render from A's start to B's end."))
    level: float | str = attrs.field(
        default=MATCH_A,
        metadata=_cli(
            "Level of the output: that of A's file, the highest true peak at -1 dBTP, or a "
            "loudness such as -14.",
            "match-a|peak|LUFS",
        ),
    )
    mixer: MixerSpec | str = attrs.field(default=DEFAULT_MIXER, metadata=_cli("Name of a mixer."))
    master: str | None = attrs.field(
        default=None,
        metadata=_cli("Effect on the mix, such as limiter; its settings: --set limiter.FIELD."),
    )
    settings: Mapping[str, Any] | None = None
    device: str = attrs.field(default=AUTO, metadata=_cli("auto, cpu, cuda or mps."))
    seed: int = attrs.field(default=0, metadata=_cli("Seed of everything random."))

    def __attrs_post_init__(self) -> None:
        if self.bars not in (None, AUTO):
            if self.duration is not None:
                raise InputError("Both bars and duration are given; give one of them.")
            if self.bars not in WINDOW_BARS:
                raise InputError(f"bars = {self.bars} is not allowed; give {_LENGTHS}, or auto.")
        self.plan(None)
        if self.candidate < 1:
            raise InputError(f"candidate = {self.candidate} is not allowed; give 1 or more.")
        parse_context(self.context)
        read_level(self.level)
        check_seed(self.seed)
        self._check_sampling()
        for name in ("duration", "guidance_scale"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise InputError(f"{name} = {value} is not allowed; give a finite number.")

    @property
    def needs_model(self) -> str:
        """Names of the given options that only the sampling of a model has; ``""`` if none."""
        given = {
            "objective_guidance": self.objective_guidance > 0.0,
            "guides": bool(self.guides),
            "vary": self.vary is not None,
        }
        return ", ".join(name for name, is_given in given.items() if is_given)

    def _check_sampling(self) -> None:
        if self.refine not in REFINEMENTS:
            raise InputError(
                f"refine = {self.refine!r} is not allowed; choose {', '.join(REFINEMENTS)}."
            )
        allowed = isinstance(self.best_of, int) and 1 <= self.best_of <= MOST_CANDIDATES
        if self.best_of != AUTO and not allowed:
            raise InputError(
                f"best_of = {self.best_of} is not allowed; give auto, or 1 to {MOST_CANDIDATES}."
            )
        if self.n_frames is not None and not 2 <= self.n_frames <= MOST_FRAMES:
            raise InputError(f"n_frames = {self.n_frames} is not allowed; give 2 to {MOST_FRAMES}.")
        if not 0.0 <= self.objective_guidance <= STRONGEST:
            raise InputError(
                f"objective_guidance = {self.objective_guidance} is not allowed; give 0 to "
                f"{STRONGEST:g}."
            )
        if not 0.0 < self.strength <= 1.0:
            raise InputError(
                f"strength = {self.strength} is not allowed; give a number above 0, for small "
                "changes, up to 1, for other curves."
            )
        if self.vary is not None:
            fixed = [name for name in _OF_THE_PLAN if getattr(self, name) != _default(name)]
            if fixed:
                raise InputError(
                    f"Both vary and {', '.join(fixed)} are given; the plan is that of the params "
                    "file. Leave out one of them."
                )

    @classmethod
    def of(cls, options: GenerateOptions | None, fields: Mapping[str, Any]) -> GenerateOptions:
        """Combine options with fields that replace some of them.

        Raises
        ------
        InputError
            If there is no such field.
        """
        return with_fields(options or cls(), fields)

    @property
    def preparation(self) -> PreparationOptions:
        """Options that do not depend on the plan."""
        return PreparationOptions(
            analyzer=self.analyzer,
            separator=self.separator,
            stems=Pair(self.stems_a, self.stems_b),
            mixer=self.mixer,
            master=self.master,
            settings=Settings.from_mapping(self.settings or {}),
            device=self.device,
        )

    def plan(self, grids: Pair[BeatGrid] | None) -> PlanOptions:
        """Return the options of the planner, without the duration.

        Parameters
        ----------
        grids : Pair of BeatGrid or None
            Beat grids, in which positions given as bars are looked up; None only checks the
            options, and takes the start of the track for a bar.

        Raises
        ------
        InputError
            If an option is not allowed, or a bar lies outside its track.
        """
        shift: Any = None if self.shift_beats == AUTO else self.shift_beats

        def located(kind: str, side: str) -> float | None:
            return self._seconds(f"{kind}_{side}", None if grids is None else grids[side])

        try:
            return PlanOptions(
                bars=self.bars if isinstance(self.bars, int) else 0,
                tempo=str(self.tempo),
                stretch_limit=self.stretch_limit,
                shift_beats=shift,
                nudge_ms=self.nudge_ms,
                key_shift=self.key_shift,
                keep_a=self.keep_a,
                keep_b=self.keep_b,
                cue_a_seconds=located("cue", "a"),
                cue_b_seconds=located("cue", "b"),
                swap_a_seconds=located("swap", "a"),
                swap_b_seconds=located("swap", "b"),
            )
        except ConfigError as error:
            # The user knows the options of a transition, not the planner's class.
            raise InputError(str(error).removeprefix(f"{PlanOptions.__name__}.")) from None

    def _seconds(self, name: str, grid: BeatGrid | None) -> float | None:
        """Return a position in seconds."""
        seconds, bar = parse_position(name, getattr(self, name))
        if bar is None:
            return seconds
        if grid is None:
            return 0.0
        if bar > grid.bars:
            raise InputError(
                f"{name} = {getattr(self, name)!r} lies outside track {name[-1].upper()}; give "
                f"bar:1 to bar:{grid.bars}."
            )
        return max(0.0, grid.time_of_bar(bar - 1))


class GenerateFields(TypedDict, total=False):
    """Fields of :class:`GenerateOptions` as keyword arguments, for type checkers."""

    technique: str
    model: DiffusionModel | str | os.PathLike[str] | None
    scheduler: str | None
    steps: int | None
    guidance_scale: float | None
    n_frames: int | None
    refine: str
    best_of: int | str
    objective_guidance: float
    guides: Sequence[Guide]
    vary: str | os.PathLike[str] | None
    strength: float
    analyzer: str
    separator: str
    bars: int | str | None
    duration: float | None
    cue_a: float | str | None
    cue_b: float | str | None
    swap_a: float | str | None
    swap_b: float | str | None
    tempo: float | str
    stems_a: str | os.PathLike[str] | None
    stems_b: str | os.PathLike[str] | None
    stretch_limit: float | None
    shift_beats: int | str
    nudge_ms: float
    key_shift: int
    keep_a: float
    keep_b: float
    candidate: int
    context: float | str
    full: bool
    level: float | str
    mixer: MixerSpec | str
    master: str | None
    settings: Mapping[str, Any] | None
    device: str
    seed: int


def _default(name: str) -> Any:
    return attrs.fields_dict(GenerateOptions)[name].default


def parse_context(context: float | str) -> tuple[float, bool]:
    """Parse an amount of context: a number, and whether it is in seconds rather than bars.

    Raises
    ------
    InputError
        If it is neither.
    """
    match = _SECONDS.fullmatch(str(context))
    if not match:
        raise InputError(
            f"context = {context!r} is not allowed; give bars, such as 8, or seconds, such as 8s."
        )
    return float(match[1]), bool(match[2])
