"""Rules for exporters: complete, repeatable, and written to the given path only."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from djtrans.core.contracts.exporter import ExporterDeclaration
from djtrans.core.track.tags import Tags
from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.testing.example_export import example_export
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Name that a file format has to escape.
_ODD = "\"A\" & <B> 'é' 50%"
_PART = "temporary-path.part"


@contextmanager
def _example(declaration: ExporterDeclaration, **options: Any) -> Iterator[ExportInputs]:
    """Yield an example with no more inputs than the declaration needs."""
    with tempfile.TemporaryDirectory() as folder:
        yield example_export(Path(folder), declaration.needs, **options)


def _export(
    declaration: ExporterDeclaration, build: BuildFunction, inputs: ExportInputs
) -> tuple[dict[str, bytes], Sequence[str]]:
    """Export into a new folder, and return the files in it by their paths."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / _PART
        if declaration.suffix:
            path.touch()
        else:
            path.mkdir()
        lines = build().export(inputs, path)
        files = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
    return files, lines


def _content(inputs: ExportInputs) -> Mapping[str, torch.Tensor]:
    """Copy the tensors of the inputs."""
    found = {"values": inputs.params.values, "times": inputs.params.frame_times}
    if inputs.rendered is not None:
        found["mix"] = inputs.rendered.mix
        found |= {f"heard {key}": audio for key, audio in inputs.rendered.heard.items()}
        found |= {f"sources {key}": audio for key, audio in inputs.rendered.sources.items()}
    return {name: tensor.clone() for name, tensor in found.items()}


@rule("exporter")
def something_is_written(declaration: ExporterDeclaration, build: BuildFunction) -> None:
    """The file, or at least one file in the folder, has content."""
    with _example(declaration) as inputs:
        files, _ = _export(declaration, build, inputs)
    require(any(files.values()), "nothing was written.")


@rule("exporter")
def only_the_given_path_is_written(declaration: ExporterDeclaration, build: BuildFunction) -> None:
    """Only the given file, or files in the given folder, are there afterwards."""
    with _example(declaration) as inputs:
        files, _ = _export(declaration, build, inputs)
    strays = [name for name in files if name != _PART and not name.startswith(f"{_PART}/")]
    require(not strays, f"there is also {', '.join(strays)}.")


@rule("exporter")
def exporting_repeats(declaration: ExporterDeclaration, build: BuildFunction) -> None:
    """The same transition gives the same files, byte by byte."""
    with _example(declaration) as inputs:
        first, _ = _export(declaration, build, inputs)
        second, _ = _export(declaration, build, inputs)
    require(first.keys() == second.keys(), f"{sorted(first)} became {sorted(second)}.")
    for name, content in first.items():
        require(second[name] == content, f"{name} differs.")


@rule("exporter")
def the_temporary_path_is_not_used(declaration: ExporterDeclaration, build: BuildFunction) -> None:
    """No file contains the name of the temporary path; names are taken from inputs.name."""
    with _example(declaration) as inputs:
        files, lines = _export(declaration, build, inputs)
    for name, content in files.items():
        inner = name.removeprefix(_PART)
        require(_PART.encode() not in content and _PART not in inner, f"{name} contains it.")
    require(not any(_PART in line for line in lines), "a line for the user contains it.")


@rule("exporter")
def lines_are_lines(declaration: ExporterDeclaration, build: BuildFunction) -> None:
    """The result is a sequence of texts of one line, possibly none."""
    with _example(declaration) as inputs:
        _, lines = _export(declaration, build, inputs)
    require(isinstance(lines, list | tuple), f"it is {lines!r}.")
    for line in lines:
        require(isinstance(line, str) and len(line.splitlines()) == 1, f"one is {line!r}.")


@rule("exporter")
def exported_inputs_are_untouched(declaration: ExporterDeclaration, build: BuildFunction) -> None:
    """The curves and the audio are not modified."""
    with _example(declaration) as inputs:
        before = _content(inputs)
        _export(declaration, build, inputs)
        after = _content(inputs)
    for name, tensor in before.items():
        require(torch.equal(tensor, after[name]), f"{name} was modified.")


@rule("exporter")
def every_transition_is_exported(declaration: ExporterDeclaration, build: BuildFunction) -> None:
    """Mono, one bar, tracks without tags, and names with quotes and brackets raise no exception."""
    cases: dict[str, dict[str, Any]] = {
        "mono": {"channels": 1},
        "one bar": {"bars": 1},
        "tracks without tags": {"tags": Tags()},
        "odd names": {"name": _ODD, "tags": Tags(title=_ODD, artist=_ODD)},
    }
    for case, options in cases.items():
        with _example(declaration, **options) as inputs:
            try:
                files, _ = _export(declaration, build, inputs)
            except Exception as error:
                raise CheckFailed(f"{case} raises {type(error).__name__}: {error}") from error
            require(any(files.values()), f"nothing was written for {case}.")
