"""Transitions between real tracks: what was planned and why, what the metrics say, and the time.

    python benchmarks/real_pairs.py                # all ordered pairs of DJTRANS_TRACKS, and six
                                                   # more with B played faster or slower
    python benchmarks/real_pairs.py FOLDER A:B [A:B@BPM ...] [--seams]

Each of A and B is the beginning of a file name in the folder; B@BPM is B as a record player that is
set to that tempo plays it, pitch and all. Prints one Markdown table, a row as soon as it is done.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import sys
import time
from pathlib import Path

import attrs
import torch

import djtrans
from djtrans.core.audio.resampling import resample
from djtrans.core.contracts.declaration import short_name
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import (
    Span,
    align,
    align_and_separate,
    margin_span,
    window_span,
)
from djtrans.mixer.rendering import render_window
from djtrans.pipeline.transition import Transition

FOLDER = Path(os.environ.get("DJTRANS_TRACKS") or "../shared/tracks")
#: Pairs that lie within the stretch limit of each other once B is played at another speed.
VARISPEED = [
    "EsoXLB:Oglsdl@125",
    "Oglsdl:EsoXLB@123",
    "EsoXLB:TameAnderson@131.5",
    "TameAnderson:EsoXLB@136",
    "Impulslogik:TameAnderson@144",
    "StrictProduction:Impulslogik@169",
]


def main() -> None:
    """Run all pairs of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("pairs", nargs="*", metavar="A:B")
    parser.add_argument("--technique", default="auto")
    parser.add_argument("--seams", action="store_true", help="also measure the window's ends")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        sys.exit(f"no tracks at {arguments.folder}; set DJTRANS_TRACKS to a folder of tracks")
    pairs = arguments.pairs or all_pairs(arguments.folder)
    first = True
    for pair in pairs:
        a, b = (find_track(arguments.folder, name) for name in pair.split(":"))
        begin, cpu = time.perf_counter(), time.process_time()
        transition = djtrans.generate(
            *(a, b),
            technique=arguments.technique,
            model="none",
            separator="spectral",
            device="cpu",
        )
        seconds = (time.perf_counter() - begin, time.process_time() - cpu)
        row = {"pair": pair.replace(":", " to "), **measure(transition)}
        if arguments.seams:
            row["seams dB"] = "{:.0f}, {:.0f}".format(*seams(transition, a, b))
        row["wall, CPU s"] = "{:.1f}, {:.1f}".format(*seconds)
        row["by step"] = ", ".join(f"{k} {v:.1f}" for k, v in transition.seconds.items())
        row["peak GB"] = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f}"
        row["why"] = "; ".join(transition.plan.reasons)
        row["not taken"] = "; ".join(transition.plan.rejected)
        if first:
            print("| " + " | ".join(row) + " |")
            print("|" + "---|" * len(row))
            first = False
        print("| " + " | ".join(row.values()) + " |", flush=True)


def all_pairs(folder: Path) -> list[str]:
    """All ordered pairs of a folder's tracks, and those of :data:`VARISPEED` that it has."""
    names = sorted(path.stem.split("-")[0] for path in folder.glob("*.ogg"))
    pairs = [f"{a}:{b}" for a, b in itertools.permutations(names, 2)]
    known = [
        p for p in VARISPEED if all(any(folder.glob(f"{n.split('@')[0]}*")) for n in p.split(":"))
    ]
    return pairs + known


def find_track(folder: Path, name: str) -> Track:
    """A track by the beginning of its name, and by the tempo that it is to be played at."""
    begins, _, bpm = name.partition("@")
    track = djtrans.load_track(next(p for p in sorted(folder.glob(f"{begins}*")) if p.is_file()))
    if not bpm:
        return track
    faster = float(bpm) / djtrans.analyze_track(track).grid.bpm
    audio = resample(track.audio, round(track.sample_rate * faster), track.sample_rate)
    return attrs.evolve(track, audio=audio, name=f"{track.name} at {bpm} BPM", sha256="")


def measure(transition: Transition) -> dict[str, str]:
    """The metrics of one transition as table cells."""
    m, plan = transition.metrics(), transition.plan
    offset = m.beat_offset
    return {
        "technique": f"{short_name(plan.technique)} {plan.bars}",
        "gates": ", ".join(f"{gate.name} {gate.verdict}" for gate in m.gates),
        "sure": f"{plan.confidence:.2f}",
        "tempo": f"{plan.a.bpm:.2f} to {plan.b.bpm:.2f} BPM",
        "stretch %": f"{plan.a.stretch_percent:+.1f}, {plan.b.stretch_percent:+.1f}",
        "offset p95 ms": (
            f"{offset.p95_ms:.1f} (n {offset.windows})" if offset.windows else "not measurable"
        ),
        "bass overlap beats": f"{m.bass_overlap.beats}",
        "without bass": f"{m.bass_overlap.beats_without_bass}",
        "dip LU": f"{m.level_profile.dip_lu:.1f}",
        "bump LU": f"{m.level_profile.bump_lu:.1f}",
        "hole ms": f"{m.level_profile.longest_hole_ms:.0f}",
        "clipped": f"{m.peaks.clipped_samples}",
        "dBTP": f"{m.peaks.true_peak_db:.2f}",
    }


def seams(transition: Transition, a: Track, b: Track) -> tuple[float, float]:
    """Error of the render around both ends of the window, in dB of the track's own level.

    Rendered with neutral curves on the outgoing side into the window and on the incoming side out
    of it, against the track laid on the clock without stems or mixer.
    """
    plan, rate = transition.plan, transition.sample_rate
    window = window_span(plan, rate)
    span = Span(window.start - rate, window.stop + rate)
    registry = djtrans.default_registry()
    declaration = registry.separators.find("spectral").declaration
    mixer = djtrans.DifferentiableDJMixer()
    channels = len(transition.audio)
    tracks = [track.at_rate(rate, channels) for track in (a, b)]
    wide = Span(
        min(span.start, margin_span(plan, rate).start), max(span.stop, margin_span(plan, rate).stop)
    )
    laid = [align(t, side, wide) for t, side in zip(tracks, (plan.a, plan.b), strict=True)]
    parts = [
        align_and_separate(t, side, plan, span, registry.separators.build("spectral"), declaration)
        for t, side in zip(tracks, (plan.a, plan.b), strict=True)
    ]
    errors = []
    for index, silent in enumerate("ba"):
        values = torch.tensor(mixer.layout.neutral).repeat(plan.n_frames, 1)
        values[:, mixer.layout.select(f"{silent}/*/fader/gain")] = 0.0
        params = djtrans.TransitionParams(
            values, mixer.layout, transition.params.frame_times, transition.params.beat_times
        )
        out = render_window(mixer, params, plan, *parts, span)
        heard = (out.a, out.b)[index] / 10 ** (out.trim_db / 20)
        want = laid[index][:, span.start - wide.start : span.stop - wide.start]
        # The context that is the silent track's is none of this one's business.
        edge = slice(0, window.samples + rate) if index == 0 else slice(rate, None)
        error = (heard - want)[:, edge].square().mean().clamp(min=1e-30)
        errors.append(float(10 * torch.log10(error / want[:, edge].square().mean())))
    return errors[0], errors[1]


if __name__ == "__main__":
    main()
