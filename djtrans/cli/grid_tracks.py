"""Tracks of ``djtrans grid``: import, correct and show each of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from djtrans.core.errors import DjtransError, InputError

if TYPE_CHECKING:
    from djtrans.core.track.analysis import Analysis
    from djtrans.core.track.corrections_file import Sidecar
    from djtrans.core.track.track import Track
    from djtrans.pipeline.grid_editing import GridEdit
    from djtrans.pipeline.progress import Steps
    from djtrans.registry import Registry


@attrs.define
class GridResult:
    """Result for one track: its corrections, or an error."""

    file: str
    error: str = ""
    sidecar: Sidecar | None = None
    path: Path | None = None
    analysis: Analysis | None = None
    remarks: list[str] = attrs.field(factory=list)

    def lines(self) -> list[str]:
        """Format it for a terminal."""
        lines = [f"{self.file}: {remark}" for remark in self.remarks]
        if self.analysis is None:
            return lines
        corrections = self.analysis.corrections
        lines += [f"{self.file}: {correction}" for correction in corrections]
        if not corrections:
            lines.append(f"{self.file}: no corrections")
        grid, key = self.analysis.grid, self.analysis.key
        meter = f"{grid.bars} bars from {grid.time_of_bar(0):.3f} s"
        steady = "" if grid.constant else ", not constant"
        lines.append(f"{self.file}: {grid.bpm:.2f} BPM{steady}, {meter}, {key.name} {key.camelot}")
        return lines

    def document(self) -> dict[str, Any]:
        """Convert it to JSON-ready values."""
        from djtrans.core.track.analysis_io import analysis_to_dict
        from djtrans.core.track.corrections_file import sidecar_to_dict

        content = {} if self.sidecar is None else sidecar_to_dict(self.sidecar)
        plain = {} if self.analysis is None else analysis_to_dict(self.analysis)
        kept = ("grid", "key", "sections", "cues", "corrections")
        return {
            "sidecar": None if self.path is None else str(self.path),
            "own": content.get("own", {}),
            "imported": content.get("imported"),
            **{name: plain[name] for name in kept if name in plain},
        }


@attrs.frozen
class GridRun:
    """One call of the command."""

    registry: Registry
    steps: Steps
    analyzer: str
    edit: GridEdit
    library: str | None
    reader: str | None

    def process(self, file: str, click_file: str | None) -> GridResult:
        """Import for, correct or show one track."""
        from djtrans.core.track.track import load_track

        result = GridResult(file)
        try:
            with self.steps.step(f"load {file}"):
                track = load_track(file)
            if self.library:
                self._import(track, result)
                if click_file is None:
                    return result
            self._correct(track, result)
            if click_file is not None:
                self._write_clicks(track, result, click_file)
        except DjtransError as error:
            result.error = str(error)
        return result

    def _import(self, track: Track, result: GridResult) -> None:
        from djtrans.pipeline.corrections import import_from
        from djtrans.pipeline.grid_editing import store_sidecar, stored_sidecar

        sidecar = stored_sidecar(track)
        found = import_from(self.library or "", track, self.registry, self.reader)
        if found is None:
            raise InputError(f"{self.library} has no grid, cues or key of {track.name}.")
        result.sidecar = attrs.evolve(sidecar, imported=found)
        result.path = store_sidecar(track, result.sidecar)
        parts = ", ".join(found.corrections.stated)
        moved = f", times moved by {-1000 * found.offset_seconds:+.1f} ms" * bool(
            found.offset_seconds
        )
        result.remarks.append(f"{parts} imported from {found.library}{moved}; wrote {result.path}")

    def _correct(self, track: Track, result: GridResult) -> None:
        from djtrans.core.track.apply_corrections import apply_corrections
        from djtrans.core.track.corrections_file import find_sidecar
        from djtrans.pipeline.analysis import analyze_track
        from djtrans.pipeline.corrections import library_layers
        from djtrans.pipeline.grid_editing import edited, store_sidecar, stored_sidecar

        with self.steps.step(f"analyze {result.file}") as fraction:
            analysis = analyze_track(
                track, analyzer=self.analyzer, corrected=False, progress=fraction
            )
        sidecar = stored_sidecar(track)
        libraries = library_layers(track, self.registry)
        result.path = find_sidecar(track.path, track.sha256)
        if not self.edit.is_empty:
            sidecar = edited(sidecar, self.edit, analysis, libraries)
            result.path = store_sidecar(track, sidecar)
            result.remarks.append(f"wrote {result.path}" if result.path else "no corrections left")
        result.sidecar = sidecar
        name = result.path.name if result.path else ""
        result.analysis = apply_corrections(analysis, sidecar.layers(name, libraries))

    def _write_clicks(self, track: Track, result: GridResult, click_file: str) -> None:
        from djtrans.core.audio.io import write_audio
        from djtrans.pipeline.click_track import render_clicks

        if result.analysis is not None:
            audio = render_clicks(track.audio, track.sample_rate, result.analysis.grid)
            result.remarks.append(f"wrote {write_audio(click_file, audio, track.sample_rate)}")
