"""Stem cache: separation once, and bit-identical cached stems."""

import attrs
import pytest
import torch

from djtrans.core.contracts.separator import SeparatorDeclaration, TrainedSeparator
from djtrans.core.errors import SeparationError
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_cache import KIND, CachedSeparator
from djtrans.core.util.cache import default_cache

RATE = 44100
DECLARATION = SeparatorDeclaration(
    name="slow", summary="Slow.", factory="nowhere:Slow", keep=True, version=3
)


class Slow:
    def __init__(self, weights="w1"):
        self.runs, self.weights = 0, weights

    def fetch(self, progress=None):
        return self.weights

    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        self.runs += 1
        return torch.stack([audio * share for share in (0.3, 0.2, 0.1, 0.1)])


def noise(seed=0, samples=5000):
    return torch.randn(2, samples, generator=torch.Generator().manual_seed(seed))


def cached(separator, name="acme/slow", declaration=DECLARATION, **config):
    return CachedSeparator(separator, name, declaration, {"overlap": 0.25, **config})


def test_the_same_audio_is_separated_once(cache_folder):
    slow = Slow()
    first = cached(slow).separate(noise(), RATE)
    again = cached(slow).separate(noise(), RATE, start_seconds=9.0)
    assert torch.equal(first, again)
    assert slow.runs == 1
    assert default_cache().info()[KIND].entries == 1
    assert isinstance(cached(slow), TrainedSeparator)


@pytest.mark.parametrize(
    "change",
    [
        lambda slow: (cached(slow), noise(1), RATE),
        lambda slow: (cached(slow), noise(samples=5001), RATE),
        lambda slow: (cached(slow), noise().reshape(1, -1), RATE),
        lambda slow: (cached(slow), noise(), 48000),
        lambda slow: (cached(slow, name="other/slow"), noise(), RATE),
        lambda slow: (cached(slow, overlap=0.5), noise(), RATE),
        lambda slow: (
            cached(slow, declaration=attrs.evolve(DECLARATION, version=4)),
            noise(),
            RATE,
        ),
        lambda slow: (setattr(slow, "weights", "w2"), cached(slow), noise(), RATE)[1:],
    ],
)
def test_whatever_decides_the_stems_makes_another_entry(change):
    slow = Slow()
    cached(slow).separate(noise(), RATE)
    separator, audio, rate = change(slow)
    separator.separate(audio, rate)
    assert slow.runs == 2


def test_a_damaged_entry_is_made_again(cache_folder):
    slow = Slow()
    first = cached(slow).separate(noise(), RATE)
    (entry,) = (cache_folder / KIND).iterdir()
    sound = entry.read_bytes()
    # A bit of a sample that is changed gives other stems, which only the checksum shows.
    flipped = sound[:-2] + bytes([sound[-2] ^ 1]) + sound[-1:]
    for damaged in (b"", sound[: len(sound) // 2], flipped):
        entry.write_bytes(damaged)
        with pytest.warns(UserWarning, match="checksum differs"):
            assert torch.equal(cached(slow).separate(noise(), RATE), first)
        assert entry.read_bytes() == sound
    assert slow.runs == 4


def test_what_breaks_the_contract_is_reported_and_not_kept(cache_folder):
    class Broken(Slow):
        def separate(self, audio, *_, **__):
            return audio[0]

    with pytest.raises(SeparationError, match="returned shape"):
        separate(cached(Broken()), DECLARATION, noise(), RATE)
    assert not default_cache().info()
