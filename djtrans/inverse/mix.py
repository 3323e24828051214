"""Inverse mixing of audio files: recover the curves of a mix of two tracks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.io import write_audio
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.validation import require_sound
from djtrans.core.errors import InputError
from djtrans.core.track.stems import Stems
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import FitUse, ParamsFile, save_params
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.sources import check_not_source
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.devices import pick_device
from djtrans.core.util.output_files import Output, check_outputs, write_all
from djtrans.core.util.progress import ProgressCallback
from djtrans.inverse.error import ERROR_LIMIT_DB, check_error
from djtrans.inverse.fitting import Fit, fit_curves
from djtrans.inverse.gain_measurement import effective_gains
from djtrans.inverse.gradient_descent import DescentOptions
from djtrans.inverse.levels import level_trims
from djtrans.inverse.plan import check_same_length, plan_on_grid, read_plan
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.executors import one_thread
from djtrans.pipeline.options import AUTO
from djtrans.pipeline.preparation import align_pair, as_track, separator_pair
from djtrans.pipeline.progress import Steps, half_progress
from djtrans.pipeline.provenance import make_provenance
from djtrans.registry import Registry, default_registry


@attrs.frozen(eq=False, kw_only=True)
class Fitted:
    """Result of inverse mixing.

    Attributes
    ----------
    fit : Fit
        Curves, reconstruction and error.
    content : ParamsFile
        Content of the params file, from which ``djtrans render`` renders the same two tracks.
    stems : Pair of Stems
        Over the window, at their level in the mix.
    sample_rate : int
        Of the reconstruction, in Hz.
    seconds : mapping of str to float
        Wall time by step.
    """

    fit: Fit
    content: ParamsFile
    stems: Pair[Stems]
    sample_rate: int
    seconds: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        """Return the numbers of the result: errors in dB, steps, levels, the swap."""
        plan = self.content.plan
        return {
            "error_db": {name: round(value, 2) for name, value in self.fit.error_db.items()},
            "loss": {"start": self.fit.losses[0], "best": min(self.fit.losses)},
            "steps": self.fit.steps,
            "start": self.fit.domain,
            "bars": plan.bars,
            "swap_beat": plan.swap_beat,
            "gain_db": {name: round(side.gain_db, 2) for name, side in plan.sides.items()},
        }

    def save(
        self,
        params: str | os.PathLike[str],
        audio: str | os.PathLike[str] | None = None,
        report: str | os.PathLike[str] | None = None,
    ) -> None:
        """Write the params file, the errors and the reconstruction, each atomically.

        Raises
        ------
        InputError
            If a file cannot be written, or is the mix or a track; the others are written.
        """
        named = [Output("params", params), Output("report", report), Output("audio", audio)]
        check_outputs(named)
        for output in named:
            if output.path is not None:
                check_not_source(output.path, self.content.provenance)
        writers: dict[str, Callable[[], object]] = {}
        writers[os.fspath(params)] = lambda: save_params(params, self.content)
        if report is not None:
            text = json.dumps(self.to_dict(), indent=1) + "\n"
            writers[os.fspath(report)] = lambda: write_text(report, text)
        if audio is not None:
            mixed, rate = self.fit.reconstruction, self.sample_rate
            writers[os.fspath(audio)] = lambda: write_audio(audio, mixed, rate)
        write_all(writers)


def fit(
    mix: str | os.PathLike[str] | Track,
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    plan: str | os.PathLike[str] | TransitionPlan | None = None,
    bpm: float | None = None,
    bars: int | None = None,
    separator: str = AUTO,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    mixer: str = DEFAULT_MIXER,
    options: DescentOptions | None = None,
    error_limit: float = ERROR_LIMIT_DB,
    device: str = "auto",
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> Fitted:
    """Recover the curves of a mix of two tracks.

    Parameters
    ----------
    mix : path or Track
        Excerpt of the mix.
    a, b : path or Track
        The outgoing and the incoming track. Without a plan both must be aligned to the mix: of the
        same length within 50 ms, and at its tempo.
    plan : path or TransitionPlan, optional
        Alignment of the tracks to the mix; of a path, the plan of that params file. The mix is then
        as long as the file's render, context included, or as its window.
    bpm : float, optional
        Tempo of a mix without a plan, which then starts on a downbeat; estimated from A by default.
    bars : int, optional
        Length of the window in a mix without a plan; by default all whole bars.
    separator, stems_a, stems_b, mixer, device
        As in :func:`djtrans.generate`.
    options : DescentOptions, optional
        Options of gradient descent.
    error_limit : float
        Largest error of the band levels in dB; a larger one is an error, since it is probably not a
        mix of these tracks.
    progress : callable, optional
        Receives a `Progress` event for each step, with the fraction of it that is done.
    registry : Registry, optional

    Returns
    -------
    Fitted

    Raises
    ------
    DjtransError
        If a file cannot be used or is silent, mix and tracks are not aligned, or the curves do not
        explain the mix.

    See Also
    --------
    djtrans.inverse.fit_curves : Recovers the curves from aligned stems.

    Examples
    --------
    >>> import djtrans.inverse
    >>> found = djtrans.inverse.fit("mix.wav", "a.wav", "b.wav")  # doctest: +SKIP
    >>> found.save("fitted.json")  # doctest: +SKIP
    """
    registry = registry or default_registry()
    steps = Steps(progress)
    device = pick_device(device)
    if plan is not None and (bpm is not None or bars is not None):
        raise InputError("The plan determines tempo and length; leave out bpm and bars.")
    built = DifferentiableDJMixer(mixer, registry=registry)
    separators = separator_pair(separator, Pair(stems_a, stems_b), {}, device, steps, registry)
    with steps.step("load"):
        mixed = as_track(mix)
        rate, channels = mixed.sample_rate, len(mixed.audio)
        tracks = Pair(a, b).map(lambda source: as_track(source).at_rate(rate, channels))
        for what, track in (("The mix", mixed), ("Track A", tracks.a), ("Track B", tracks.b)):
            require_sound(track.audio, rate, 0.0, what=f"{what}, {track.name},")
    if plan is None:
        check_same_length(mixed, tracks)
        with steps.step("analyze") as fraction:
            analyses = Pair(
                *(
                    analyze_track(track, progress=half_progress(fraction, done), registry=registry)
                    for done, track in enumerate(tracks)
                )
            )
        plan = plan_on_grid(mixed, analyses, bpm, bars)
        start = round(plan.a.cue_seconds * rate)
    else:
        plan, start = read_plan(plan, mixed)
    window = window_span(plan, rate)
    excerpt = padded_slice(mixed.audio, start, start + window.samples)
    require_sound(excerpt, rate, 0.0, what=f"The window of the mix, {mixed.name},")
    aligned = align_pair(tracks, plan, window, separators, registry, steps, device)
    stems = aligned.map(lambda track: track.window(window))
    beats = torch.tensor(plan.beat_times, dtype=torch.float64)
    plan, stems = leveled(plan, excerpt, stems)
    with steps.step("fit") as fraction, one_thread():
        found = fit_curves(
            built,
            excerpt,
            stems.a,
            stems.b,
            beats,
            frames_per_beat=plan.frames_per_beat,
            options=options,
            device=device,
            progress=fraction,
        )
    check_error(found.error_db["levels"], error_limit)
    plan = with_swap(plan, found, stems, built)
    provenance = make_provenance(registry, tracks, separators, built, plan, window)
    used = FitUse(name=mixed.name, sha256=mixed.sha256, steps=found.steps, error_db=found.error_db)
    content = ParamsFile(
        params=found.params, plan=plan, provenance=attrs.evolve(provenance, fit=used)
    )
    return Fitted(fit=found, content=content, stems=stems, sample_rate=rate, seconds=steps.seconds)


def leveled(
    plan: TransitionPlan, mix: Tensor, stems: Pair[Stems]
) -> tuple[TransitionPlan, Pair[Stems]]:
    """Set plan and stems to the level of the tracks in the mix with open faders."""
    trims = level_trims(mix, stems.a.mix, stems.b.mix, stems.a.sample_rate)
    a, b = (
        attrs.evolve(side, gain_db=side.gain_db + trim)
        for side, trim in zip(plan.sides, trims, strict=True)
    )
    scaled = (s.scaled(db_to_amplitude(trim)) for s, trim in zip(stems, trims, strict=True))
    return attrs.evolve(plan, a=a, b=b), Pair(*scaled)


def with_swap(
    plan: TransitionPlan, found: Fit, stems: Pair[Stems], mixer: DifferentiableDJMixer
) -> TransitionPlan:
    """Move the swap of the plan to where the lows change owner, if they do."""
    gains = effective_gains(mixer.cpu(), found.params, *stems)
    try:
        beat = round(gains.swap_frame() / found.params.frames_per_beat)
    except InputError:
        return plan
    return attrs.evolve(plan, swap_beat=min(beat, len(plan.beat_times) - 1))
