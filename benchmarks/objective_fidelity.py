"""How closely the objectives follow the metrics of the rendered audio, and what they cost.

    python benchmarks/held_out.py in-distribution held-out --cases 60
    python benchmarks/objective_fidelity.py held-out --output results.json

Each case is rendered from its true stems under the curves of its technique, an equal-power
crossfade, with both tracks untouched, and under two random variations of the technique's curves;
then with voices in both tracks under curves that let them meet, or cut them off. The objectives get
the power of the stems and the curves. Printed for each objective: Pearson's correlation with its
metric, mean absolute difference, and how many transitions have a value above 0. Then the CPU time
of the value and the gradient of those that descend, by length of the window. Results are kept case
by case; a stopped run goes on.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import torch
from _cases import aligned
from _results import results
from torch import Tensor

from djtrans import CurveRequest, DifferentiableDJMixer, Pair, Stems, load_technique
from djtrans.core.curves.params import TransitionParams, conform
from djtrans.core.track.stem_names import STEMS, VOCALS
from djtrans.core.util.tables import markdown_table
from djtrans.datasets.pairs.pair import PreparedPair
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.metrics import MetricInputs, Voices
from djtrans.metrics.audible import beat_power, both_audible
from djtrans.metrics.bass_overlap import PRESENT_DB, bass_overlap_of_levels, beat_levels_db
from djtrans.metrics.consonance import chroma_consonance
from djtrans.metrics.level_profile import WINDOW_SECONDS, level_profile
from djtrans.metrics.loudness import loudness_power, to_lufs
from djtrans.metrics.low_end import low_end_excess_of_levels
from djtrans.metrics.masking import masking_fraction
from djtrans.metrics.vocals import vocals
from djtrans.objectives import PowerModel, load_objectives, measure_stem_powers
from djtrans.pipeline.power_measurement import power_model

ARRIVAL_BARS = 4
VARIATIONS = 2


def sound_of(
    mixer: DifferentiableDJMixer, pair: PreparedPair, params: TransitionParams
) -> MetricInputs:
    """Render a case, and its vocals alone, from its true stems."""
    stems = (pair.stems_a, pair.stems_b)
    with torch.no_grad():
        out = mixer(*stems, params)
        alone = [attrs.evolve(s, audio=_only(s.audio, s.names.index(VOCALS))) for s in stems]
        sung = mixer(*alone, params)
    return MetricInputs(
        mix=out.mix,
        a=out.a,
        b=out.b,
        solo_a=pair.stems_a.mix,
        solo_b=pair.stems_b.mix,
        sample_rate=pair.sample_rate,
        beat_times=params.beat_times.numpy(),
        beats_per_bar=pair.plan.beats_per_bar,
        voices=Voices(a=sung.a, b=sung.b, solo_a=alone[0].mix, solo_b=alone[1].mix),
    )


def _only(audio: Tensor, stem: int) -> Tensor:
    alone = torch.zeros_like(audio)
    alone[stem] = audio[stem]
    return alone


def metrics_of(
    mixer: DifferentiableDJMixer, pair: PreparedPair, params: TransitionParams
) -> dict[str, float | None]:
    """Measure the rendered counterpart of each objective."""
    plan, rate = pair.plan, pair.sample_rate
    beats = params.beat_times.numpy()
    sound = sound_of(mixer, pair, params)
    low = {
        name: beat_levels_db(getattr(sound, name), rate, beats)
        for name in ("a", "b", "mix", "solo_a", "solo_b")
    }
    bass = bass_overlap_of_levels(low["a"], low["b"], low["solo_a"], low["solo_b"])
    voices = vocals(sound)
    longest = min(WINDOW_SECONDS, float(beats[-1]) / 2.1)
    level = level_profile(sound.mix, rate, longest, solo_a=sound.solo_a, solo_b=sound.solo_b)
    consonance = chroma_consonance(
        sound.a, sound.b, rate, beats, both_audible(sound.a, sound.b, rate, beats)
    )
    return {
        "bass-missing": float(_offered_bass(low, plan.swap_beat)[np.array(bass.empty)].sum()),
        "bass-overlap": float(bass.beats),
        "low-end-excess": low_end_excess_of_levels(low["mix"], low["solo_a"], low["solo_b"]),
        "loudness-dip": level.dip_lu,
        "loudness-bump": level.bump_lu,
        "hole": None if level.longest_hole_ms is None else level.longest_hole_ms / 1000.0,
        "masking": masking_fraction(sound.a, sound.b, rate, beats),
        "harmonic-clash": None if consonance is None else 1.0 - consonance,
        "vocal-overlap": voices.clash_beats,
        "vocal-cuts": voices.line_cuts,
        "weak-arrival": _arrival(sound, plan.swap_beat, plan.beats_per_bar),
    }


def _offered_bass(low: dict[str, np.ndarray], swap_beat: float) -> np.ndarray:
    """Beats on which the track that owns the low end has bass of its own."""
    least = {s: np.percentile(low[f"solo_{s}"], 90) - PRESENT_DB for s in "ab"}
    after = np.arange(len(low["a"])) >= swap_beat
    return np.where(after, low["solo_b"] >= least["b"], low["solo_a"] >= least["a"])


def _arrival(sound: MetricInputs, swap_beat: float, beats_per_bar: int) -> float:
    """Loudness of the mix after the swap below the loud parts of B, in LU."""
    powers = [
        beat_power(loudness_power(x, sound.sample_rate), sound.sample_rate, sound.beat_times)
        for x in (sound.mix, sound.solo_b)
    ]
    start = min(round(swap_beat), len(powers[0]) - 1)
    heard = powers[0][start : start + ARRIVAL_BARS * beats_per_bar].mean()
    loud = np.percentile(to_lufs(powers[1]), 90)
    return max(0.0, float(loud - to_lufs(np.array([heard]))[0]))


def curves_of(pair: PreparedPair, seed: int) -> Iterator[tuple[str, TransitionParams]]:
    """Yield the technique's curves, a crossfade, both tracks untouched and random variations."""
    yield "technique", pair.params
    layout = pair.params.layout
    fade = load_technique("djtrans/fade").generate(pair.request())
    yield "crossfade", attrs.evolve(pair.params, values=conform(fade, layout))
    untouched = torch.tensor(layout.neutral).expand_as(pair.params.values)
    yield "untouched", attrs.evolve(pair.params, values=untouched.clone())
    rng = np.random.default_rng(seed)
    span = torch.tensor([row.parameter.span for row in layout.rows])
    is_send = torch.tensor(["send" in row.key for row in layout.rows])
    for index in range(VARIATIONS):
        values = pair.params.values
        knots = len(values) // 8 + 1
        noise = torch.from_numpy(rng.normal(0.0, 0.25, (knots, len(layout)))).float()
        noise = torch.nn.functional.interpolate(
            noise.T[None], size=len(values), mode="linear", align_corners=True
        )[0].T
        noise = noise * torch.from_numpy(rng.random(len(layout)) < 0.3)
        noise = noise.masked_fill(is_send, 0.0) * span
        changed = attrs.evolve(pair.params, values=conform(values + noise, layout))
        yield f"variation {index}", changed


def duet(pair: PreparedPair) -> PreparedPair:
    """Give a track that is hardly sung the vocals of the other one, two bars later."""
    index = pair.stems_a.names.index(VOCALS)
    power = [s.audio[index].square().mean() for s in (pair.stems_a, pair.stems_b)]
    sung = (pair.stems_a if power[0] > power[1] else pair.stems_b).audio[index]
    later = round(8 * pair.plan.window_seconds / (len(pair.plan.beat_times) - 1) * pair.sample_rate)
    both = [s.audio.clone() for s in (pair.stems_a, pair.stems_b)]
    quiet = both[0] if power[0] <= power[1] else both[1]
    quiet[index] = sung.roll(later, dims=-1)
    return attrs.evolve(
        pair,
        stems_a=attrs.evolve(pair.stems_a, audio=both[0]),
        stems_b=attrs.evolve(pair.stems_b, audio=both[1]),
    )


def sung_curves(pair: PreparedPair, seed: int) -> Iterator[tuple[str, TransitionParams]]:
    """Yield curves under which voices meet, and some that cut them off."""
    layout = pair.params.layout
    fade = conform(load_technique("djtrans/fade").generate(pair.request()), layout)
    untouched = torch.tensor(layout.neutral).repeat(len(fade), 1)
    yield "duet, untouched", attrs.evolve(pair.params, values=untouched)
    yield "duet, crossfade", attrs.evolve(pair.params, values=fade)
    rng = np.random.default_rng(seed)
    cut = untouched.clone()
    starts = rng.integers(len(fade) // 4, len(fade), 2)
    cut[starts[0] :, layout.select("a/vocals/fader/gain")] = 0.0
    cut[: starts[1], layout.select("b/vocals/fader/gain")] = 0.0
    yield "duet, cut", attrs.evolve(pair.params, values=cut)


def evaluate(folder: Path) -> dict[str, object]:
    """Measure and predict all transitions of a case."""
    pair, mixer = read_pair(folder), DifferentiableDJMixer()
    seed, objectives, rows = int(folder.name.partition("_")[2]), load_objectives(), []
    for sounding, curves in ((pair, curves_of), (duet(pair), sung_curves)):
        model = power_model(mixer, pair.plan, aligned(sounding), Pair(True, True))
        for name, params in curves(sounding, seed):
            with torch.no_grad():
                found = objectives.evaluate(model.predict(params)).values
            rows.append(
                {
                    "curves": name,
                    "predicted": {key: float(value) for key, value in found.items()},
                    "measured": metrics_of(mixer, sounding, params),
                }
            )
    return {"rows": rows}


def costs() -> list[tuple[str, str, str]]:
    """CPU milliseconds of the value and the gradient, by bars."""
    rows = []
    for bars in (4, 8, 16, 32):
        beats = torch.arange(4 * bars + 1, dtype=torch.float64) * 0.5
        audio = 0.1 * torch.randn(4, 1, round(2 * bars * 22050), generator=torch.manual_seed(0))
        powers = measure_stem_powers(Stems(audio, STEMS, 22050), beats)
        mixer = DifferentiableDJMixer()
        model = PowerModel(
            mixer=mixer,
            sources=Pair(powers, powers),
            beat_times=beats,
            swap_beat=2 * bars,
            sample_rate=22050,
        )
        request = CurveRequest(mixer.layout, n_frames=8 * bars, swap_beat=2 * bars)
        objectives = load_objectives().descending()
        spent = []
        for _ in range(20):
            values = load_technique("bass-swap").generate(request).requires_grad_()
            start = time.process_time()
            total = objectives.evaluate(model.predict(values)).total
            middle = time.process_time()
            total.sum().backward()
            spent.append((middle - start, time.process_time() - middle))
        value, gradient = np.median(np.array(spent), axis=0) * 1000.0
        rows.append((str(bars), f"{value:.1f}", f"{gradient:.1f}"))
    return rows


def table(rows: list[dict[str, object]]) -> str:
    """Correlation and difference of each objective against its metric."""
    lines = []
    for name in rows[0]["measured"]:
        pairs = [(r["predicted"][name], r["measured"][name]) for r in rows]
        x, y = np.array([(p, m) for p, m in pairs if m is not None], dtype=float).T
        flat = x.std() < 1e-9 or y.std() < 1e-9
        r = "-" if flat else f"{np.corrcoef(x, y)[0, 1]:.3f}"
        lines.append(
            (
                name,
                str(len(x)),
                str(int((y > 0).sum())),
                r,
                f"{np.abs(x - y).mean():.3f}",
                f"{y.mean():.3f}",
            )
        )
    return markdown_table(
        ("objective", "n", "above 0", "r", "difference", "mean of the metric"), lines
    )


def main() -> None:
    """Evaluate the cases, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=25)
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    folders = sorted(args.held_out.glob("case_???"))[: args.cases]
    kept = results(folders, evaluate, args.output)
    rows = [row for case in kept for row in case["rows"]]
    print(table(rows))
    print(markdown_table(("bars", "value, ms", "gradient, ms"), costs()))


if __name__ == "__main__":
    main()
