"""Checks of an installation, for ``djtrans doctor``."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from collections.abc import Iterator

import attrs

from djtrans import __version__
from djtrans.core.errors import DjtransError
from djtrans.core.util.environment import environment

OK, MISSING, BROKEN = "ok", "missing", "broken"
#: Name at the start of a requirement, and the extra at its end.
_REQUIREMENT = re.compile(r"([\w.-]+).*?(?:extra == ['\"]([\w-]+)['\"])?$")
#: Extras that users install; the others are for working on djtrans.
_EXTRAS = {
    "formats": "decodes WMA, HE-AAC, WebM and others",
    "midi": "exports curves as MIDI controllers",
    "beat-this": "beats by a trained network",
    "dask": "prepares data on a cluster",
    "wandb": "logs training runs",
    "tensorboard": "logs training runs",
}


@attrs.frozen(kw_only=True)
class Finding:
    """Result of a check.

    Attributes
    ----------
    topic : str
        ``"versions"``, ``"devices"``, ``"weights"``, ``"files"``, ``"plugins"`` or ``"codecs"``.
    name : str
        Part that was checked.
    state : {"ok", "missing", "broken"}
        ``"missing"`` is optional, ``"broken"`` keeps something from working.
    detail : str
        Version, place or cause.
    fix : str
        Command or action that mends it; empty if nothing is to be done.
    """

    topic: str
    name: str
    state: str
    detail: str
    fix: str = ""


def diagnose() -> Iterator[Finding]:
    """Check versions, devices, weights, files, plugins and codecs; nothing is downloaded."""
    yield from _versions()
    yield from _devices()
    yield from _weights()
    yield from _files()
    yield from _plugins()
    yield from _codecs()


def _versions() -> Iterator[Finding]:
    python = f"Python {platform.python_version()} on {platform.platform(terse=True)}"
    yield Finding(topic="versions", name="djtrans", state=OK, detail=f"{__version__}, {python}")
    try:
        required = importlib.metadata.requires("djtrans") or []
    except importlib.metadata.PackageNotFoundError:
        detail = "runs from its source folder; its dependencies are not known"
        yield Finding(
            topic="versions", name="package", state=MISSING, detail=detail, fix="pip install ."
        )
        return
    extras: dict[str, list[str]] = {}
    for requirement in required:
        found = _REQUIREMENT.fullmatch(requirement.strip())
        if found is None or "python_version" in requirement:
            continue
        name, extra = found.groups()
        if extra is None:
            version = _version(name)
            yield Finding(
                topic="versions",
                name=name,
                state=OK if version else BROKEN,
                detail=version or "not installed",
                fix="" if version else f'pip install "{requirement}"',
            )
        elif extra in _EXTRAS and name != "djtrans":
            extras.setdefault(extra, []).append(name)
    for extra, names in extras.items():
        versions = {name: _version(name) for name in names}
        there = all(versions.values())
        listed = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        yield Finding(
            topic="versions",
            name=f"extra {extra}",
            state=OK if there else MISSING,
            detail=f"{_EXTRAS[extra]}{f' ({listed})' if listed else ''}",
            fix="" if there else f'pip install "djtrans[{extra}]"',
        )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _devices() -> Iterator[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Finding(
            topic="devices",
            name="torch",
            state=BROKEN,
            detail=_line(error),
            fix="pip install --force-reinstall torch torchaudio",
        )
        return
    cores = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    yield Finding(topic="devices", name="cpu", state=OK, detail=cores)
    for number in range(torch.cuda.device_count()):
        detail = torch.cuda.get_device_name(number)
        yield Finding(topic="devices", name=f"cuda:{number}", state=OK, detail=detail)
    if torch.backends.mps.is_available():
        yield Finding(topic="devices", name="mps", state=OK, detail="Apple GPU")
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        detail = f"none that torch {torch.__version__} can use; djtrans works without"
        yield Finding(topic="devices", name="gpu", state=MISSING, detail=detail)
    from djtrans.core.audio.torchaudio_import import import_torchaudio

    try:
        import_torchaudio("doctor")
    except DjtransError as error:
        yield Finding(topic="devices", name="torchaudio", state=BROKEN, detail=_line(error))


def _weights() -> Iterator[Finding]:
    from djtrans.core.contracts.declaration import short_name
    from djtrans.core.contracts.separator import TrainedSeparator
    from djtrans.diffusion.loading import load_model
    from djtrans.registry import default_registry

    try:
        model = load_model(device="cpu")
        yield Finding(topic="weights", name="bundled model", state=OK, detail=model.name)
    except DjtransError as error:
        yield Finding(topic="weights", name="bundled model", state=BROKEN, detail=_line(error))
    registry = default_registry()
    for component in registry.separators:
        if component.declaration.reads_source:
            continue
        name = short_name(component.name)
        try:
            with environment({"HF_HUB_OFFLINE": "1"}):
                separator = registry.separators.build(component.name)
                if not isinstance(separator, TrainedSeparator):
                    continue
                digest = separator.fetch(None)
        except DjtransError as error:
            command = re.search(r"'(hf download [^']+)'", str(error))
            yield Finding(
                topic="weights",
                name=name,
                state=MISSING,
                detail="its weights are not on this machine" if command else _line(error),
                fix=command[1] if command else "",
            )
        else:
            yield Finding(topic="weights", name=name, state=OK, detail=f"sha256 {digest[:12]}")


def _files() -> Iterator[Finding]:
    from djtrans.cli.cache import size
    from djtrans.cli.user_defaults import CONFIG, config_path
    from djtrans.core.errors import InputError
    from djtrans.core.util.cache import default_cache
    from djtrans.core.util.output_files import check_folder

    store = default_cache()
    used = sum(usage.bytes for usage in store.info().values())
    try:
        check_folder("cache", store.root)
    except InputError as error:
        yield Finding(
            topic="files",
            name="cache",
            state=BROKEN,
            detail=_line(error),
            fix="set DJTRANS_CACHE to a folder that can be written",
        )
    else:
        detail = f"{store.root}, {size(used)} of at most {size(store.max_bytes)}"
        yield Finding(topic="files", name="cache", state=OK, detail=detail)
    path = config_path()
    where = f"switched off by an empty {CONFIG}" if path is None else str(path)
    there = path is not None and path.exists()
    detail = where if there or path is None else f"{where} (not there, none is needed)"
    yield Finding(topic="files", name="configuration", state=OK, detail=detail)


def _plugins() -> Iterator[Finding]:
    from djtrans.core.contracts.kinds import KINDS
    from djtrans.registry import default_registry

    registry = default_registry()
    counts: dict[str, int] = {}
    for kind in KINDS:
        for component in registry.components(kind):
            provider = str(component.provider)
            counts[provider] = counts.get(provider, 0) + 1
    for provider, count in counts.items():
        detail = f"{count} component{'s' * (count > 1)}"
        yield Finding(topic="plugins", name=provider, state=OK, detail=detail)
    for failure in registry.failures:
        yield Finding(
            topic="plugins",
            name=failure.provider.namespace,
            state=BROKEN,
            detail=f"{failure.provider}, {failure.stage}: {failure.message}",
            fix="update or uninstall it, or set DJTRANS_BLOCK to its name",
        )


def _codecs() -> Iterator[Finding]:
    import soundfile

    from djtrans.core.audio.containers import WRITABLE
    from djtrans.core.audio.decoding import ffmpeg, pyav, symphonia

    known = soundfile.available_formats()
    unwritable = [name for name, (kind, _) in WRITABLE.items() if kind not in known]
    yield Finding(
        topic="codecs",
        name="wav, flac, ogg, mp3, aiff",
        state=BROKEN if unwritable else OK,
        detail=f"{soundfile.__libsndfile_version__}"
        + (f" lacks {', '.join(unwritable)}" if unwritable else ", read and written"),
        fix="pip install --force-reinstall soundfile" if unwritable else "",
    )
    any_other = pyav.is_available() or ffmpeg.is_available()
    aac = symphonia.is_available()
    yield Finding(
        topic="codecs",
        name="m4a, aac",
        state=OK if aac or any_other else MISSING,
        detail="read by Symphonia" if aac else "read by PyAV or ffmpeg" if any_other else "",
        fix="" if aac or any_other else "pip install sphn",
    )
    decoders = [name for name, part in (("PyAV", pyav), ("ffmpeg", ffmpeg)) if part.is_available()]
    yield Finding(
        topic="codecs",
        name="wma, webm, mkv and others",
        state=OK if any_other else MISSING,
        detail=f"read by {' and '.join(decoders)}" if decoders else "no decoder",
        fix="" if any_other else 'pip install "djtrans[formats]"',
    )


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
