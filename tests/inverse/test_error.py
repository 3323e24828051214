"""What a residual says about the tracks of a mix."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.cli import main
from djtrans.cli.fit import fit as fit_command
from djtrans.core.audio.io import write_audio
from djtrans.core.errors import AudioFileError, InputError
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.track import Track
from djtrans.datasets.preparation.options import RecoveryOptions
from djtrans.inverse.error import ERROR_LIMIT_DB, check_error, error_by_band
from djtrans.inverse.gradient_descent import DescentOptions
from djtrans.inverse.mix import fit
from djtrans.synthesis import TrackSpec, synthesize

RATE, BPM = 22050, 125.0
SAMPLES = round(16 * 60 / BPM * RATE) + RATE


def test_error_by_band_is_that_of_a_known_residual():
    time = torch.arange(RATE) / RATE
    low, high = (torch.sin(2 * torch.pi * hz * time)[None] for hz in (100.0, 6000.0))
    found = error_by_band(low + high, low + 0.9 * high, RATE)
    assert found["all"] == pytest.approx(-23.0, abs=0.1)
    assert min(found.values()) < -80.0
    assert max(found.values()) == pytest.approx(-20.0, abs=0.1)


def test_an_error_above_the_limit_is_refused():
    check_error(ERROR_LIMIT_DB, ERROR_LIMIT_DB)
    with pytest.raises(InputError, match=r"by -7\.5 dB; the limit is -14 dB.*--error-limit"):
        check_error(-7.5, ERROR_LIMIT_DB)
    check_error(-7.5, -6.0)
    # The same limit in preparing, and at the command line.
    option = next(p for p in fit_command.params if p.name == "error_limit")
    assert RecoveryOptions().error_limit == option.default == ERROR_LIMIT_DB


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two tracks of one tempo with their stems, and their plain sum as a mix."""
    folder = tmp_path_factory.mktemp("fit")
    tracks = {}
    for side, seed in (("a", 1), ("b", 2)):
        spec = TrackSpec(
            bpm=BPM, tonic=3 * seed, seed=seed, structure=[("drop", 6)], sample_rate_hz=RATE
        )
        tracks[side] = synthesize(spec).stems.window(0, SAMPLES)
        save_stems(tracks[side], folder / side)
        write_audio(folder / f"{side}.wav", tracks[side].mix, RATE, "FLOAT")
    write_audio(folder / "mix.wav", 0.5 * (tracks["a"].mix + tracks["b"].mix), RATE, "FLOAT")
    return folder


def run(files, mix, **options):
    return fit(
        mix,
        files / "a.wav",
        files / "b.wav",
        bpm=BPM,
        bars=2,
        stems_a=files / "a",
        stems_b=files / "b",
        options=DescentOptions(steps=0),
        device="cpu",
        **options,
    )


@pytest.mark.slow
def test_a_mix_of_the_tracks_is_fitted_and_noise_is_refused(files):
    mix = djtrans.load_track(files / "mix.wav")
    assert run(files, mix).fit.error_db["levels"] < -25.0
    noise = 0.1 * torch.randn(mix.audio.shape, generator=torch.Generator().manual_seed(0))
    with pytest.raises(InputError, match="probably not a mix of these two tracks"):
        run(files, attrs.evolve(mix, audio=noise))
    accepted = run(files, attrs.evolve(mix, audio=noise), error_limit=20.0)
    assert accepted.fit.error_db["levels"] > -8.0  # far above what right tracks have


def test_silence_is_refused_before_the_work(files):
    silent = Track(torch.zeros(2, SAMPLES), RATE, "none.wav")
    with pytest.raises(AudioFileError, match=r"The mix, none\.wav, is silent"):
        run(files, silent)
    audio = torch.zeros(2, SAMPLES)
    audio[:, -10:] = 0.5
    with pytest.raises(AudioFileError, match=r"The window of the mix, end\.wav, is silent"):
        run(files, Track(audio, RATE, "end.wav"))


@pytest.mark.slow
def test_the_command_writes_nothing_for_noise(files, tmp_path, capsys):
    noise = 0.1 * torch.randn(2, SAMPLES, generator=torch.Generator().manual_seed(0))
    write_audio(tmp_path / "noise.wav", noise, RATE)
    tracks = [str(tmp_path / "noise.wav"), str(files / "a.wav"), str(files / "b.wav")]
    options = ["-o", str(tmp_path / "out.json"), "--bpm", str(BPM), "--bars", "2", "--steps", "0"]
    with pytest.raises(SystemExit) as ended:
        main(["fit", *tracks, *options, "--separator", "spectral", "--device", "cpu", "--quiet"])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "the limit is -14 dB" in line
    assert not (tmp_path / "out.json").exists()
