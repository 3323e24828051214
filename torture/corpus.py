"""Valid files of every kind, small, made once by the package itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from torture.bench import Bench, Place
from torture.case import Argument, Command
from torture.process import call
from torture.record import package_version

RATE = 22050
NAMES = ("First Artist - Morning", "Second Artist - Evening")
#: A model that is small enough for every case to build it.
SMALL = (
    *("--set", "denoiser.width=16"),
    *("--set", "denoiser.depth=1"),
    *("--set", "denoiser.heads=1"),
)
GENERATE = (
    *("--separator", "spectral"),
    *("--bars", "4"),
    *("--context", "0"),
    *("--technique", "fade"),
    *("--model", "none"),
    *("--device", "cpu"),
)
PREPARE = ("--separator", "spectral", "--bars", "4", "--technique", "fade")
TRAIN = (
    *SMALL,
    *("--batch-size", "2", "--device", "cpu"),
    *("--steps", "6", "--save-every", "2", "--validate-every", "2"),
)
#: Runs that make the files, and whose cache serves all cases.
_RUNS: tuple[tuple[Argument, ...], ...] = (
    (
        *("generate", "a.wav", "b.wav", "-o", "mix.wav", *GENERATE),
        *("--save-params", "params.json"),
    ),
    ("generate", "a.wav", "b.wav", "-o", "long.wav", *GENERATE, "--full"),
    ("prepare", "--tracks", "library", "--output", "prepared", "--max", "2", *PREPARE),
    (
        *("train", "--synthetic", "--tracks", "8", "--transitions", "20"),
        *("--output", "trained", *TRAIN),
    ),
    ("export", "trained/best_model.pt", "-o", "model.safetensors"),
    ("collect", "set.txt", "--output", "tracklists"),
    (
        *("extract", "--mixes", "mixes", "--tracklists", "tracklists"),
        *("--tracks", "originals", "--output", "transitions", "--max", "1"),
    ),
)


def build(folder: Path, *, short: bool = False) -> None:
    """Make the files, unless they are there.

    Parameters
    ----------
    folder : Path
        Files to start from, and ``cache`` with the analyses of the tracks.
    short : bool
        Make only the tracks and transitions of them, which takes seconds.

    Raises
    ------
    RuntimeError
        If a run fails.
    """
    # Files of another version may be refused, rightly.
    made_by = package_version()
    for name in ("complete", "begun") if short else ("complete",):
        mark = folder / name
        if mark.is_file() and mark.read_text(encoding="utf-8") == made_by:
            return
    bench = Bench(folder.parent, folder)
    place = bench.place("corpus-in-the-making")
    files = place.files
    if call(lambda: _synthesize(files)):
        raise RuntimeError("the tracks cannot be synthesized")
    for number, arguments in enumerate(_RUNS[:2] if short else _RUNS):
        if number == 2:
            _arrange(files)
        done = place.run(Command(arguments=arguments, seconds=600))
        if done.code:
            raise RuntimeError(f"{arguments}: exit code {done.code}: {done.stderr[-2000:]}")
    shutil.rmtree(folder, ignore_errors=True)
    files.rename(folder)
    place.cache.rename(folder / "cache")
    shutil.rmtree(place.root)
    (folder / ("begun" if short else "complete")).write_text(made_by, encoding="utf-8")


def _synthesize(files: Path) -> None:
    from djtrans.core.audio.io import write_audio
    from djtrans.synthesis import TrackSpec, synthesize

    for name, bpm, tonic, seed in (("a", 126.0, 9, 1), ("b", 123.0, 4, 2)):
        spec = TrackSpec(
            bpm=bpm,
            tonic=tonic,
            seed=seed,
            structure=(("intro", 6), ("drop", 10)),
            sample_rate_hz=RATE,
        )
        write_audio(files / f"{name}.wav", synthesize(spec).audio, RATE, "PCM_16")


def _arrange(files: Path) -> None:
    """Lay out a library, a mix with its tracklist, and the originals."""
    from djtrans.core.transition.params_file import load_params

    for name, title in zip("ab", NAMES, strict=True):
        for folder in ("library", "originals"):
            (files / folder).mkdir(exist_ok=True)
            shutil.copy(files / f"{name}.wav", files / folder / f"{title}.wav")
    (files / "mixes").mkdir()
    shutil.copy(files / "long.wav", files / "mixes" / "set.wav")
    start = load_params(files / "params.json").plan.a.cue_seconds
    clock = f"{int(start) // 60:02d}:{int(start) % 60:02d}"
    (files / "set.txt").write_text(f"00:00 {NAMES[0]}\n{clock} {NAMES[1]}\n", encoding="utf-8")


def place_tracks(bench: Bench, place: Place) -> None:
    """Put both tracks into a place."""
    for name in ("a.wav", "b.wav"):
        place.link(bench.corpus / name, name)
