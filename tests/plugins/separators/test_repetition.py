import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.plugins.separators.repetition import repeating

FRAMES_PER_SECOND = 43.0


def test_a_loop_stays_and_what_comes_once_goes():
    rng = np.random.default_rng(0)
    loop = np.tile(rng.random((80, 60)), (1, 30)).astype(np.float32)
    once = np.zeros_like(loop)
    once[40:50, 500:560] = rng.random((10, 60))
    found = repeating(loop + once, FRAMES_PER_SECOND)
    np.testing.assert_allclose(found, loop, atol=1e-5)


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), frames=st.integers(1, 300))
def test_never_more_than_there_is(seed, frames):
    level = np.random.default_rng(seed).random((20, frames)).astype(np.float32)
    found = repeating(level, FRAMES_PER_SECOND)
    assert found.shape == level.shape
    assert (found >= 0).all()
    assert (found <= level).all()


def test_too_short_to_repeat_is_background():
    level = np.random.default_rng(0).random((20, 50)).astype(np.float32)
    assert np.array_equal(repeating(level, FRAMES_PER_SECOND), level)


def test_silence():
    assert not repeating(np.zeros((20, 300), dtype=np.float32), FRAMES_PER_SECOND).any()
