"""Inverse mixing as a whole job: a mix and two tracks in, the curves that were played out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import attrs
import torch
from torch import Tensor

from djtrans.api import DifferentiableDJMixer, analyze_track
from djtrans.assembly import DEFAULT_MIXER
from djtrans.core.alignment import Span, window_span
from djtrans.core.analysis import Analysis
from djtrans.core.audio import write_audio
from djtrans.core.devices import pick_device
from djtrans.core.errors import InputError
from djtrans.core.files import write_text
from djtrans.core.fitting.descent import DescentOptions
from djtrans.core.fitting.effective import effective_gains
from djtrans.core.fitting.fit import Fit, fit_curves
from djtrans.core.fitting.levels import level_trims
from djtrans.core.formats import FitUse, ParamsFile, load_params, save_params
from djtrans.core.plan import TrackPlan, TransitionPlan
from djtrans.core.slicing import padded_slice
from djtrans.core.stems import Stems
from djtrans.core.track import Track
from djtrans.preparation import DEFAULT_SEPARATOR, align_pair, as_track
from djtrans.provenance import make_provenance, separator_record
from djtrans.registry import Registry, default_registry
from djtrans.separators import fetch_separator
from djtrans.steps import Report, Steps, half

#: Lengths that differ by less are the same.
SAME_SECONDS = 0.05
BEATS_PER_BAR = 4
#: No technique is known of a mix: what stands in the plan is the one that says least.
UNKNOWN_TECHNIQUE = "djtrans/fade"


@attrs.frozen(eq=False, kw_only=True)
class Fitted:
    """What was recovered from a mix.

    Attributes
    ----------
    fit : Fit
        Curves, reconstruction and error.
    content : ParamsFile
        What the params file holds; ``djtrans render`` takes it with the same two tracks.
    sample_rate : int
        In Hz, of the reconstruction.
    seconds : mapping of str to float
        Wall time by step.
    """

    fit: Fit
    content: ParamsFile
    sample_rate: int
    seconds: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        """The result as numbers: error by band in dB, steps, levels, the swap."""
        plan = self.content.plan
        return {
            "error_db": {name: round(value, 2) for name, value in self.fit.error_db.items()},
            "loss": {"start": self.fit.losses[0], "best": min(self.fit.losses)},
            "steps": self.fit.steps,
            "start": self.fit.domain,
            "bars": plan.bars,
            "swap_beat": plan.swap_beat,
            "gain_db": {"a": round(plan.a.gain_db, 2), "b": round(plan.b.gain_db, 2)},
        }

    def save(
        self,
        params: str | os.PathLike[str],
        audio: str | os.PathLike[str] | None = None,
        report: str | os.PathLike[str] | None = None,
    ) -> None:
        """Write the params file, the reconstruction and the error; each whole or not at all.

        Raises
        ------
        InputError
            If a file cannot be written.
        """
        save_params(params, self.content)
        if audio is not None:
            write_audio(audio, self.fit.reconstruction, self.sample_rate)
        if report is not None:
            write_text(report, json.dumps(self.to_dict(), indent=1) + "\n")


def fit(
    mix: str | os.PathLike[str] | Track,
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    plan: str | os.PathLike[str] | TransitionPlan | None = None,
    bpm: float | None = None,
    bars: int | None = None,
    separator: str = DEFAULT_SEPARATOR,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    mixer: str = DEFAULT_MIXER,
    options: DescentOptions | None = None,
    device: str = "auto",
    progress: Report | None = None,
    registry: Registry | None = None,
) -> Fitted:
    """Recover the curves of a mix of two tracks.

    Parameters
    ----------
    mix : path or Track
        The excerpt of the mix.
    a, b : path or Track
        The outgoing and the incoming track. Without a plan both lie on the mix already: as long
        as it within 50 ms, in its tempo.
    plan : path or TransitionPlan, optional
        How the tracks lie on the mix; of a path, the plan of that params file. The mix is then as
        long as the file's render, context included, or as its window.
    bpm : float, optional
        Tempo of a mix without a plan, which then starts on a one; found in A by default.
    bars : int, optional
        Bars of such a mix that are fitted; all whole ones by default.
    separator, stems_a, stems_b, mixer, device
        As in :func:`djtrans.generate`.
    options : DescentOptions, optional
    progress : callable, optional
        Told the name of a step and the fraction of it that is done.
    registry : Registry, optional

    Returns
    -------
    Fitted

    Raises
    ------
    DjtransError
        If a file cannot be used, or the three do not lie on each other.
    """
    registry = registry or default_registry()
    steps = Steps(progress)
    device = pick_device(device)
    if plan is not None and (bpm is not None or bars is not None):
        raise InputError("A plan says tempo and length; leave out bpm and bars.")
    built = DifferentiableDJMixer(mixer, registry=registry)
    if stems_a is None or stems_b is None:
        separator = fetch_separator(registry, separator, {}, device, steps.progress("weights"))
    separators = {
        "a": separator_record(registry, separator, stems_a),
        "b": separator_record(registry, separator, stems_b),
    }
    with steps.step("load"):
        heard = as_track(mix)
        rate, channels = heard.sample_rate, len(heard.audio)
        tracks = {
            "a": as_track(a).at_rate(rate, channels),
            "b": as_track(b).at_rate(rate, channels),
        }
    if plan is None:
        check_same_length(heard, tracks)
        with steps.step("analyze") as tell:
            analyses = {
                side: analyze_track(track, progress=half(tell, done), registry=registry)
                for done, (side, track) in enumerate(tracks.items())
            }
        plan = plan_on_grid(heard, analyses, bpm, bars)
        start = round(plan.a.cue_seconds * rate)
    else:
        plan, start = read_plan(plan, heard)
    window = window_span(plan, rate)
    excerpt = padded_slice(heard.audio, start, start + window.samples)
    aligned = align_pair(tracks, plan, window, separators, registry, steps, device)
    stems = {side: track.window(window) for side, track in aligned.items()}
    beats = torch.tensor(plan.beat_times, dtype=torch.float64)
    plan, stems = leveled(plan, excerpt, stems)
    with steps.step("fit") as tell:
        found = fit_curves(
            built,
            excerpt,
            stems["a"],
            stems["b"],
            beats,
            frames_per_beat=plan.frames_per_beat,
            options=options,
            device=device,
            progress=tell,
        )
    plan = with_swap(plan, found, stems, built)
    provenance = make_provenance(registry, tracks, separators, built, plan, window)
    used = FitUse(name=heard.name, sha256=heard.sha256, steps=found.steps, error_db=found.error_db)
    content = ParamsFile(
        params=found.params, plan=plan, provenance=attrs.evolve(provenance, fit=used)
    )
    return Fitted(fit=found, content=content, sample_rate=rate, seconds=steps.seconds)


def check_same_length(mix: Track, tracks: Mapping[str, Track]) -> None:
    """Refuse tracks that cannot lie on the mix as they are."""
    for side, track in tracks.items():
        if abs(track.duration_seconds - mix.duration_seconds) > SAME_SECONDS:
            raise InputError(
                f"The mix lasts {mix.duration_seconds:.2f} s and {side.upper()} "
                f"{track.duration_seconds:.2f} s; give tracks that are aligned to the mix, of the "
                "same length within 50 ms, or say how they lie on it with --plan PARAMS."
            )


def read_plan(
    plan: str | os.PathLike[str] | TransitionPlan, mix: Track
) -> tuple[TransitionPlan, int]:
    """A plan, and the sample of the mix at which its window starts."""
    spans: list[Span] = []
    if not isinstance(plan, TransitionPlan):
        content = load_params(plan)
        render, plan = content.provenance.render, content.plan
        scale = mix.sample_rate / render.sample_rate
        spans.append(Span(round(render.start * scale), round(render.stop * scale)))
    spans.append(window_span(plan, mix.sample_rate))
    samples = mix.audio.shape[-1]
    for span in spans:
        if abs(span.samples - samples) <= SAME_SECONDS * mix.sample_rate:
            return plan, -span.start
    wanted = " or ".join(f"{span.samples / mix.sample_rate:.2f} s" for span in spans)
    raise InputError(
        f"The mix lasts {mix.duration_seconds:.2f} s; for this plan give one of {wanted}: the "
        "render with its context, or the window alone."
    )


def plan_on_grid(
    mix: Track, analyses: Mapping[str, Analysis], bpm: float | None, bars: int | None
) -> TransitionPlan:
    """The plan of tracks that lie on the mix already: whole bars, from the first one on."""
    grid = analyses["a"].grid
    if bpm is None:
        tempo, start = grid.bpm, float(grid.time_of_bar(0))
        if start < 0.0:
            start = float(grid.time_of_bar(1)) if start < -SAME_SECONDS else 0.0
    elif not 20.0 <= bpm <= 400.0:
        raise InputError(f"bpm = {bpm} is not allowed; give 20 to 400.")
    else:
        tempo, start = bpm, 0.0
    beat = 60.0 / tempo
    whole = int((mix.duration_seconds - start + SAME_SECONDS) / (beat * BEATS_PER_BAR))
    if whole < 1:
        raise InputError(
            f"The mix has no whole bar at {tempo:.2f} BPM; give a longer one, or its tempo (--bpm)."
        )
    if bars is not None and not 1 <= bars <= whole:
        raise InputError(f"bars = {bars} is not allowed; the mix has 1 to {whole} whole bars.")
    count = bars or whole
    beats = count * BEATS_PER_BAR
    sides = {
        side: TrackPlan(
            cue_seconds=start,
            cue_bar=0,
            swap_bar=count // 2,
            cue_section="",
            swap_section="",
            swap_on_phrase=False,
            warp=((0.0, start), (1.0, start + 1.0)),
            gain_db=0.0,
            bpm=tempo,
            key=analysis.key.camelot,
        )
        for side, analysis in analyses.items()
    }
    return TransitionPlan(
        technique=UNKNOWN_TECHNIQUE,
        bars=count,
        swap_beat=(count // 2) * BEATS_PER_BAR,
        beat_times=tuple(i * beat for i in range(beats + 1)),
        a=sides["a"],
        b=sides["b"],
        key_distance=analyses["a"].key.distance(analyses["b"].key),
        reasons=(f"recovered from {mix.name}",),
        confidence=grid.confidence if bpm is None else 1.0,
    )


def leveled(
    plan: TransitionPlan, mix: Tensor, stems: Mapping[str, Stems]
) -> tuple[TransitionPlan, dict[str, Stems]]:
    """Plan and stems at the level that the tracks have in the mix with their faders up."""
    trims = level_trims(mix, stems["a"].mix, stems["b"].mix, stems["a"].sample_rate)
    named = dict(zip(("a", "b"), trims, strict=True))
    moved = {
        side: attrs.evolve(track, gain_db=track.gain_db + named[side])
        for side, track in (("a", plan.a), ("b", plan.b))
    }
    scaled = {side: s.scaled(10.0 ** (named[side] / 20.0)) for side, s in stems.items()}
    return attrs.evolve(plan, a=moved["a"], b=moved["b"]), scaled


def with_swap(
    plan: TransitionPlan, found: Fit, stems: Mapping[str, Stems], mixer: DifferentiableDJMixer
) -> TransitionPlan:
    """The plan with the swap where the lows change owner, if they do."""
    gains = effective_gains(mixer.cpu(), found.params, stems["a"], stems["b"])
    try:
        beat = round(gains.swap_frame() / found.params.frames_per_beat)
    except InputError:
        return plan
    return attrs.evolve(plan, swap_beat=min(beat, len(plan.beat_times) - 1))
