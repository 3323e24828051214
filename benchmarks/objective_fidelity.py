"""How closely the objectives follow the metrics of the rendered audio, and what they cost.

    python benchmarks/held_out.py held-out --cases 60
    python benchmarks/objective_fidelity.py held-out --output results.json

Each case is rendered from its true stems under the curves of its technique, an equal-power
crossfade, and two random variations of the technique's curves; the objectives get the power of the
stems and the curves. Printed for each objective: Pearson's correlation with its metric, mean
absolute difference, and how many transitions have a value above 0. Then the CPU time of the
value and the gradient of those that descend, by length of the window. Results are kept case by
case; a stopped run goes on.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans import CurveRequest, DifferentiableDJMixer, Pair, Stems, load_technique
from djtrans.core.curves.params import TransitionParams, conform
from djtrans.core.errors import DjtransError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.util.atomic_files import write_text
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
from djtrans.objectives import PowerModel, load_objectives, measure_cross_power, measure_stem_powers

ARRIVAL_BARS = 4
VARIATIONS = 2


def metrics_of(
    mixer: DifferentiableDJMixer, pair: PreparedPair, params: TransitionParams
) -> dict[str, float | None]:
    """Measure the rendered counterpart of each objective."""
    plan, stems, rate = pair.plan, (pair.stems_a, pair.stems_b), pair.sample_rate
    beats = params.beat_times.numpy()
    with torch.no_grad():
        out = mixer(*stems, params)
        alone = [attrs.evolve(s, audio=_only(s.audio, s.names.index("vocals"))) for s in stems]
        sung = mixer(*alone, params)
    sound = MetricInputs(
        mix=out.mix,
        a=out.a,
        b=out.b,
        solo_a=pair.stems_a.mix,
        solo_b=pair.stems_b.mix,
        sample_rate=rate,
        beat_times=beats,
        beats_per_bar=plan.beats_per_bar,
        voices=Voices(a=sung.a, b=sung.b, solo_a=alone[0].mix, solo_b=alone[1].mix),
    )
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


def _only(audio: Tensor, stem: int) -> Tensor:
    alone = torch.zeros_like(audio)
    alone[stem] = audio[stem]
    return alone


def curves_of(pair: PreparedPair, seed: int) -> Iterator[tuple[str, TransitionParams]]:
    """Yield the technique's curves, a crossfade and random variations."""
    yield "technique", pair.params
    layout = pair.params.layout
    fade = load_technique("djtrans/fade").generate(pair.request())
    yield "crossfade", attrs.evolve(pair.params, values=conform(fade, layout))
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


def power_model(mixer: DifferentiableDJMixer, pair: PreparedPair) -> PowerModel:
    """Build the power model of a prepared pair."""
    request = pair.request()
    beats = pair.params.beat_times
    sources = [measure_stem_powers(s, beats) for s in (pair.stems_a, pair.stems_b)]
    return PowerModel(
        mixer=mixer,
        sources=Pair(*sources),
        cross_power=measure_cross_power(pair.stems_a, pair.stems_b, sources[0]),
        beat_times=beats,
        swap_beat=pair.plan.swap_beat,
        sample_rate=pair.sample_rate,
        phrase_beats=Pair(request.phrase_beats_a, request.phrase_beats_b),
        frames_per_beat=pair.params.frames_per_beat,
        beats_per_bar=pair.plan.beats_per_bar,
    )


def evaluate(folder: Path, seed: int) -> list[dict[str, object]]:
    """Measure and predict all transitions of a case."""
    pair, mixer = read_pair(folder), DifferentiableDJMixer()
    model, objectives = power_model(mixer, pair), load_objectives()
    rows = []
    for name, params in curves_of(pair, seed):
        with torch.no_grad():
            found = objectives.evaluate(model.predict(params)).values
        predicted = {key: float(value) for key, value in found.items()}
        rows.append(
            {
                "case": folder.name,
                "curves": name,
                "predicted": predicted,
                "measured": metrics_of(mixer, pair, params),
            }
        )
    return rows


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
    kept = json.loads(args.output.read_text()) if args.output.exists() else []
    known = {row["case"] for row in kept}
    folders = [
        f
        for f in sorted(args.held_out.iterdir())
        if (f / "params.json").exists() and "spectral" not in f.name
    ]
    for index, folder in enumerate(folders[: args.cases]):
        if folder.name in known:
            continue
        try:
            kept += evaluate(folder, index)
        except DjtransError as error:
            print(f"{folder.name}: {error}")
            continue
        write_text(args.output, json.dumps(kept))
    print(table(kept))
    print(markdown_table(("bars", "value, ms", "gradient, ms"), costs()))


if __name__ == "__main__":
    main()
