"""How exactly tracks are found in composed mixes with known offsets and tempos.

Run ``python benchmarks/alignment.py [MIXES [FIRST_SEED]]``; 20 from seed 0 by default. A mix passes
where both tracks are within 10 ms, over the whole part over which they are heard, and within 0.05 %
of tempo.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from composed_mixes import compose

from djtrans.datasets.mixes.alignment.location import SearchAudio, audible_spans, locate

OFFSET_SECONDS = 0.010
TEMPO = 0.0005


def main(mixes: int = 20, first: int = 0) -> None:
    """Print a line for each track and the count of mixes that pass."""
    passed = wrong = 0
    strangers: list[float] = []
    before: list[SearchAudio] = []
    for seed in range(first, first + mixes):
        made = compose(seed)
        begin = time.process_time()
        mix = SearchAudio.of(made.mix, made.sample_rate)
        tracks = [SearchAudio.of(track, made.sample_rate) for track in (made.a, made.b)]
        places = [locate(mix, track) for track in tracks]
        seconds = time.process_time() - begin
        good = True
        known = [pair for pair in zip(tracks, places, strict=True) if pair[1] is not None]
        spans = audible_spans(mix, known) if len(known) == 2 else [None, None]
        print(
            f"{seed:2d} {made.name}: window {made.window[0]:.1f}-{made.window[1]:.1f} s of "
            f"{made.mix.shape[-1] / made.sample_rate:.1f} s, {seconds:.1f} s of CPU"
        )
        for name, place, rate, zero, span in zip(
            "ab", places, made.rates, made.zeros, spans, strict=True
        ):
            if place is None:
                good = False
                print(f"   {name}  not found")
                continue
            times = np.array(span or made.window)
            off = (place.line.at_zero + place.line.rate * times - zero - rate * times) / rate
            worst = off[np.argmax(np.abs(off))]
            tempo = place.line.rate / rate - 1.0
            good &= bool(abs(worst) <= OFFSET_SECONDS and abs(tempo) <= TEMPO)
            right = (place.semitones != 0.0) == made.varispeed or abs(rate - 1.0) < 0.003
            wrong += not right
            print(
                f"   {name}  rate {rate:.4f}: offset {1e3 * worst:+6.2f} ms, "
                f"tempo {100 * tempo:+.4f} %, "
                f"confidence {place.confidence:.2f}, heard {span and [round(t, 1) for t in span]}"
                f"{'' if right else ', pitch mistaken'}",
                flush=True,
            )
        passed += good
        for stranger in before:
            place = locate(mix, stranger)
            strangers.append(0.0 if place is None else place.confidence)
        before = tracks
    print(f"{passed} of {mixes} mixes within 10 ms and 0.05 %; pitch mistaken {wrong} times")
    found = [round(c, 2) for c in strangers if c > 0]
    print(f"tracks that are not in the mix: {len(found)} of {len(strangers)} found {found}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
