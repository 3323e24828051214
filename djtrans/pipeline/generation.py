"""Two tracks in, a transition out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import attrs

from djtrans.core.contracts.component import ComponentChoice
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.contracts.overrides import Settings
from djtrans.core.errors import InputError
from djtrans.core.track.track import Track
from djtrans.diffusion.loading import choose_model
from djtrans.diffusion.model import DiffusionModel
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.pipeline.completion import finish, generate_transition_params
from djtrans.pipeline.curve_source import by_rules, compatible_model, why_not
from djtrans.pipeline.preparation import (
    DEFAULT_CONTEXT_BARS,
    DEFAULT_SEPARATOR,
    check_context,
    prepare,
)
from djtrans.pipeline.progress import Report, Steps
from djtrans.pipeline.provenance import check_technique_settings
from djtrans.pipeline.transition import Transition
from djtrans.planning.options import PlanOptions, nearest_bars
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry, default_registry


def generate(
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    technique: str = "auto",
    model: DiffusionModel | str | os.PathLike[str] | None = "auto",
    scheduler: ComponentChoice | None = None,
    steps: int | None = None,
    guidance_scale: float | None = None,
    n_frames: int | None = None,
    separator: str = DEFAULT_SEPARATOR,
    bars: int | str | None = None,
    duration: float | None = None,
    cue_a: float | None = None,
    cue_b: float | None = None,
    swap_a: float | None = None,
    swap_b: float | None = None,
    tempo: float | str = "auto",
    shift_beats: int | str = "auto",
    nudge_ms: float = 0.0,
    key_shift: int = 0,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    stretch_limit: float = 0.08,
    context: float | str = DEFAULT_CONTEXT_BARS,
    full: bool = False,
    mixer: MixerSpec | str = DEFAULT_MIXER,
    settings: Mapping[str, Any] | None = None,
    device: str = "auto",
    seed: int = 0,
    progress: Report | None = None,
    registry: Registry | None = None,
) -> Transition:
    """Make a transition from track A into track B.

    Parameters
    ----------
    a, b : path or Track
        The outgoing and the incoming track: wav, flac, ogg or mp3.
    technique : str
        Name of a registered technique, or ``"auto"``. It is what a model is told to draw.
    model : DiffusionModel or path, optional
        What draws the curves: a loaded model, or what :func:`djtrans.load_model` takes. ``"auto"``
        is the model that comes with djtrans, if one does; None, or ``"none"``, leaves the drawing
        to the technique's rules. So does a model that does not know the technique or the length.
    scheduler : str or (str, mapping), optional
        Name of a registered scheduler, or its name and fields of its config, such as
        ``("flow", {"order": 1})``; by default the model's own.
    steps : int, optional
        Evaluations of the model; by default as many as the scheduler is best at.
    guidance_scale : float, optional
        How far the model follows what it is told; by default as it was saved, usually 2.
    n_frames : int, optional
        Resample the drawn curves to this many frames.
    separator : str
        Name of a registered separator, or ``"auto"``: demucs if its weights are here or can be
        downloaded, else spectral, which a warning says.
    bars : int or str, optional
        Length of the window: 1, 2, 4, 8, 16, 24, 32, 48 or 64; ``"auto"`` lets the planner choose.
    duration : float, optional
        Length in seconds instead; the nearest of these lengths is taken.
    cue_a, cue_b : float, optional
        Where the window starts in each track, in seconds; moved to the nearest downbeat.
    swap_a, swap_b : float, optional
        Where the swap lies in each track instead, in seconds; moved to the nearest downbeat.
    tempo : float or str
        Of the window: ``"auto"``, ``"a"``, ``"b"``, ``"ramp"`` or beats per minute.
    shift_beats : int or str
        How many beats later B's one is taken to be, 0 to 3; ``"auto"`` lets the planner listen.
    nudge_ms : float
        How much later B is played than its grid says, in milliseconds.
    key_shift : int
        Semitones by which B is transposed, -6 to 6.
    stems_a, stems_b : path, optional
        Folder with ready stems of a track (drums, bass, vocals, other).
    stretch_limit : float
        Largest tempo change, as a fraction.
    context : float or str
        What is heard before and after the window: bars, or seconds as ``"8s"``.
    full : bool
        From A's start to B's end instead.
    mixer : MixerSpec or str
        A spec, or the name of a registered mixer.
    settings : mapping of str to object, optional
        Of the components: ``"reverb.decay_seconds"`` by node of the mixer, ``"reverb"`` for another
        effect at that node, ``"separator.FIELD"``, ``"technique.FIELD"`` of a named technique,
        ``"scheduler.FIELD"``.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``: for the mixer, and for a separator that
        can choose.
    seed : int
        The same inputs, seed, separator and device give the same audio.
    progress : callable, optional
        Told the name of a step and the fraction of it that is done.
    registry : Registry, optional

    Returns
    -------
    Transition

    Raises
    ------
    DjtransError
        If a file cannot be used, an option is not allowed, or nothing can be planned.

    Examples
    --------
    >>> import djtrans
    >>> transition = djtrans.generate("a.mp3", "b.mp3")  # doctest: +SKIP
    >>> transition.save("out.wav")  # doctest: +SKIP
    """
    bars = None if bars == "auto" else bars
    if bars is not None and duration is not None:
        raise InputError("Both bars and duration are given; give one of them.")
    if bars is not None and not (isinstance(bars, int) and bars > 0):
        raise InputError(
            f"bars = {bars} is not allowed; give 1, 2, 4, 8, 16, 24, 32, 48 or 64, or auto."
        )
    wanted: dict[str, Any] = {
        "bars": bars or 0,
        "cue_a_seconds": cue_a,
        "cue_b_seconds": cue_b,
        "swap_a_seconds": swap_a,
        "swap_b_seconds": swap_b,
        "tempo": str(tempo),
        "stretch_limit": stretch_limit,
        "shift_beats": None if shift_beats == "auto" else shift_beats,
        "nudge_ms": nudge_ms,
        "key_shift": key_shift,
    }
    PlanOptions(**wanted)  # what is wrong with them is said before the work
    check_context(context)
    registry = registry or default_registry()
    chosen = Settings.sorted_out(settings or {})
    drawer = choose_model(
        model,
        scheduler=scheduler,
        scheduler_settings=chosen.scheduler,
        steps=steps,
        guidance_scale=guidance_scale,
        device=device,
        registry=registry,
    )
    if chosen.technique:
        check_technique_settings(registry, technique, chosen.technique)
    done = Steps(progress)
    prepared = prepare(
        a,
        b,
        separator=separator,
        stems_a=stems_a,
        stems_b=stems_b,
        mixer=mixer,
        settings=chosen,
        device=device,
        steps=done,
        registry=registry,
    )
    with done.step("plan"):
        if duration is not None:
            counted, _ = match_tempo_octaves(prepared.analyses["a"], prepared.analyses["b"])
            wanted["bars"] = nearest_bars(duration, counted.grid.bpm, counted.grid.beats_per_bar)
        drawer = compatible_model(
            drawer, prepared.mixer.layout, chosen.technique, named=model != "auto"
        )
        if drawer is not None:
            wanted["frames_per_beat"] = drawer.frames_per_beat
        plan = prepared.plan(technique, **wanted)
        span = prepared.span(plan, context, full)
    aligned = prepared.align(plan, span, done)
    plan = prepared.refine(plan, aligned)
    if drawer is not None and model == "auto" and (why := why_not(drawer, plan)):
        # Nobody asked for a model: that the rules draw is one of the plan's facts, no warning.
        plan = attrs.evolve(plan, reasons=(*plan.reasons, by_rules(why)))
        drawer = None
    params, provenance = generate_transition_params(
        prepared,
        plan,
        span,
        aligned,
        model=drawer,
        n_frames=n_frames,
        seed=seed,
        technique_config=chosen.technique,
        steps=done,
    )
    return finish(prepared.mixer, params, plan, provenance, aligned, prepared.device, done)
