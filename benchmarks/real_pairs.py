"""Transitions between real tracks: what the metrics say, the seams, and where the time goes.

    python benchmarks/real_pairs.py                    # the pairs below, of DJTRANS_TRACKS
    python benchmarks/real_pairs.py FOLDER A:B [A:B ...]

Each of A and B is the beginning of a file name in the folder. Prints one Markdown table.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from pathlib import Path

import torch

import djtrans
from djtrans.core.alignment import Span, align, align_and_separate, margin_span, window_span
from djtrans.core.rendering import render
from djtrans.transition import Transition

FOLDER = Path(os.environ.get("DJTRANS_TRACKS") or "../shared/tracks")
#: Four that lie within 8 % of each other's tempo, both ways, and one that does not.
PAIRS = [
    "TameAnderson:Impulslogik",
    "Impulslogik:TameAnderson",
    "EsoXLB:Oglsdl",
    "Oglsdl:EsoXLB",
    "EsoXLB:Strict",
]


def main() -> None:
    """Run all pairs of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("pairs", nargs="*", metavar="A:B", default=PAIRS)
    parser.add_argument("--technique", default="auto")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        sys.exit(f"no tracks at {arguments.folder}; set DJTRANS_TRACKS to a folder of tracks")
    rows = []
    for pair in arguments.pairs:
        a, b = (next(arguments.folder.glob(f"{name}*")) for name in pair.split(":"))
        begin = time.perf_counter()
        transition = djtrans.generate(a, b, technique=arguments.technique)
        wall = time.perf_counter() - begin
        rows.append(
            {
                "pair": pair.replace(":", " to "),
                **measure(transition, a, b),
                "wall s": f"{wall:.1f}",
                "by step": ", ".join(f"{k} {v:.1f}" for k, v in transition.seconds.items()),
                "peak GB": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f}",
            }
        )
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(row.values()) + " |")


def measure(transition: Transition, a: Path, b: Path) -> dict[str, str]:
    """The metrics of one transition as table cells."""
    m = transition.metrics()
    seam_in, seam_out = seams(transition, a, b)
    offset = m.beat_offset
    return {
        "technique": f"{transition.plan.technique.removeprefix('djtrans/')} {transition.plan.bars}",
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
        "seams dB": f"{seam_in:.0f}, {seam_out:.0f}",
    }


def seams(transition: Transition, a: Path, b: Path) -> tuple[float, float]:
    """Error of the render around both ends of the window, in dB of the track's own level.

    Rendered with neutral curves on the outgoing side into the window and on the incoming side out
    of it, against the track laid on the clock without stems or mixer.
    """
    plan, rate = transition.plan, transition.sample_rate
    window = window_span(plan, rate)
    span = Span(window.start - rate, window.stop + rate)
    registry = djtrans.default_registry()
    declaration = registry.find("separator", "spectral").declaration
    mixer = djtrans.DifferentiableDJMixer()
    channels = len(transition.audio)
    tracks = [djtrans.load_track(path).at_rate(rate, channels) for path in (a, b)]
    wide = Span(
        min(span.start, margin_span(plan, rate).start), max(span.stop, margin_span(plan, rate).stop)
    )
    laid = [align(t, side, wide) for t, side in zip(tracks, (plan.a, plan.b), strict=True)]
    parts = [
        align_and_separate(
            t, side, plan, span, registry.build("separator", "spectral"), declaration
        )
        for t, side in zip(tracks, (plan.a, plan.b), strict=True)
    ]
    errors = []
    for index, silent in enumerate("ba"):
        values = torch.tensor(mixer.layout.neutral).repeat(plan.n_frames, 1)
        values[:, mixer.layout.select(f"{silent}/*/fader/gain")] = 0.0
        params = djtrans.TransitionParams(
            values, mixer.layout, transition.params.frame_times, transition.params.beat_times
        )
        out = render(mixer, params, plan, *parts, span)
        heard = (out.a, out.b)[index] / 10 ** (out.trim_db / 20)
        want = laid[index][:, span.start - wide.start : span.stop - wide.start]
        # The context that is the silent track's is none of this one's business.
        edge = slice(0, window.samples + rate) if index == 0 else slice(rate, None)
        error = (heard - want)[:, edge].square().mean().clamp(min=1e-30)
        errors.append(float(10 * torch.log10(error / want[:, edge].square().mean())))
    return errors[0], errors[1]


if __name__ == "__main__":
    main()
