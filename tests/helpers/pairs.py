"""A folder of small prepared pairs: one plan, whose curves differ from pair to pair."""

from __future__ import annotations

import attrs

from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import window_span
from djtrans.datasets.pairs.pair import mix_pair
from djtrans.datasets.pairs.pair_folder import write_pair
from djtrans.pipeline.completion import generate_transition_params
from djtrans.pipeline.options import PreparationOptions
from djtrans.pipeline.preparation import prepare
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
STRUCTURE = (("intro", 6), ("drop", 6))


def write_pairs(folder, count=3):
    """``pair_001`` and so on; each is said to be of two tracks of its own."""
    specs = (
        TrackSpec(bpm=126.0, tonic=9, seed=1, structure=STRUCTURE, sample_rate_hz=RATE),
        TrackSpec(bpm=123.0, tonic=4, seed=2, structure=STRUCTURE, sample_rate_hz=RATE),
    )
    audio = [synthesize(spec).audio for spec in specs]
    a, b = (Track(x, RATE, f"{n}.wav", n * 64) for n, x in zip("ab", audio, strict=True))
    prepared = prepare(a, b, PreparationOptions(separator="spectral", device="cpu"))
    plan = prepared.plan("fade", bars=4)
    window = window_span(plan, RATE)
    aligned = prepared.align(plan, window)
    drawn = generate_transition_params(prepared, plan, window, aligned)
    row = drawn.params.layout.index("a/other/eq/mid")
    for number in range(1, count + 1):
        values = drawn.params.values.clone()
        values[6:20, row] = 2.0 / (1 + number)
        content = attrs.evolve(drawn, params=attrs.evolve(drawn.params, values=values))
        pair = mix_pair(prepared.mixer, content, aligned, prepared.analyses, key=str(number))
        pair = attrs.evolve(
            pair,
            track_a=attrs.evolve(pair.track_a, sha256=f"{number}a" * 32),
            track_b=attrs.evolve(pair.track_b, sha256=f"{number}b" * 32),
        )
        write_pair(folder / f"pair_{number:03d}", pair)
