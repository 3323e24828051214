"""Plugin files that are broken or hostile."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from torture import corpus
from torture.bench import Bench, Make, Place, single
from torture.case import Argument, Case
from torture.judge import Promise

_SEPARATOR = """
import djtrans, torch, sys, os, warnings
class Own:
    def __init__(self, config): {init}
    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        {body}
class Plugin:
    @djtrans.hookimpl
    def djtrans_separators(self):
        yield djtrans.SeparatorDeclaration(name="own", summary="Own.", factory=Own)
@djtrans.hookimpl
def djtrans_separators():
    return Plugin().djtrans_separators()
"""
#: Where Python keeps what it compiled.
_COMPILED = ("__pycache__",)
_GOOD = "return torch.stack([audio / 4] * 4)"
#: Bodies of a separator; whether they work.
_BODIES = {
    "good": (_GOOD, "success"),
    "raises": ("raise RuntimeError('broken')", "refused"),
    "raises KeyboardInterrupt's parent": ("raise BaseException('broken')", "refused"),
    "exits": ("sys.exit(0)", "refused"),
    "returns nothing": ("return None", "refused"),
    "returns text": ("return 'stems'", "refused"),
    "returns too few": ("return torch.stack([audio] * 3)", "refused"),
    "returns other length": ("return torch.stack([audio[:, :-1]] * 4)", "refused"),
    "returns NaN": ("return torch.stack([audio * float('nan')] * 4)", "refused"),
    "returns integers": ("return torch.stack([audio] * 4).long()", "refused"),
    "returns doubles": ("return torch.stack([audio / 4] * 4).double()", "either"),
    "returns an array": ("return torch.stack([audio / 4] * 4).numpy()", "refused"),
    "returns gradients": ("return torch.stack([audio / 4] * 4).requires_grad_()", "either"),
    "changes its input": ("audio *= 0; return torch.stack([audio / 4] * 4)", "either"),
    "prints": (f"print('hello'); {_GOOD}", "success"),
    "warns": (f"warnings.warn('odd\\nlines'); {_GOOD}", "success"),
    "changes the folder": (f"os.chdir('/'); {_GOOD}", "either"),
    "closes stderr": (f"sys.stderr.close(); {_GOOD}", "either"),
    "takes all memory": ("return torch.zeros(10**13)", "refused"),
    "recurses": ("return self.separate(audio, sample_rate)", "refused"),
    "asks": ("return input()", "refused"),
}
#: Plugin files that fail before anything is run.
_FILES = {
    "raises": "raise RuntimeError('broken')",
    "exits": "import sys; sys.exit(0)",
    "syntax": "def :",
    "NUL": "\0",
    "imports what is missing": "import nothing_of_this_name",
    "nothing": "",
    "hook raises": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_effects():\n    raise RuntimeError('x')\n"
    ),
    "hook exits": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_effects():\n    raise SystemExit(0)\n"
    ),
    "hook returns a number": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_effects():\n    return 5\n"
    ),
    "hook returns text": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_effects():\n    return ['x', None, 5]\n"
    ),
    "unknown hook": ("import djtrans\n@djtrans.hookimpl\ndef djtrans_nothing():\n    return []\n"),
    "hook with arguments": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_effects(x, y):\n    return []\n"
    ),
    "factory is missing": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_separators():\n"
        "    yield djtrans.SeparatorDeclaration(name='own', summary='Own.', factory='no.mod:X')\n"
    ),
    "declares twice": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_separators():\n    for _ in range(2):\n"
        "        yield djtrans.SeparatorDeclaration(name='own', summary='Own.', factory=int)\n"
    ),
    "bad name": (
        "import djtrans\n@djtrans.hookimpl\ndef djtrans_separators():\n"
        "    yield djtrans.SeparatorDeclaration(name='../own', summary='Own.', factory=int)\n"
    ),
    "prints": "print('hello')\n",
    "patches": "import builtins\nbuiltins.print = None\n",
}


def _run(body: str, init: str = "pass") -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        corpus.place_tracks(bench, place)
        text = _SEPARATOR.format(body=body, init=init)
        (place.files / "own.py").write_text(text, encoding="utf-8")
        options = ["own" if option == "spectral" else option for option in corpus.GENERATE]
        return ("--plugin", "own.py", "generate", "a.wav", "b.wav", "-o", "out.wav", *options)

    return make


def _load(text: str, command: tuple[str, ...], name: str = "own.py") -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        (place.files / name).write_text(text, encoding="utf-8")
        return ("--plugin", name, *command)

    return make


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for name, (body, expected) in _BODIES.items():
        promise = Promise(outputs=("out.wav",), maybe=_COMPILED, expected=expected)
        yield single("inputs", f"plugin separator {name}", _run(body), promise)
    for name in ("raises", "exits"):
        promise = Promise(outputs=("out.wav",), maybe=_COMPILED, expected="refused")
        make = _run(_GOOD, _BODIES[name][0])
        yield single("inputs", f"plugin construction {name}", make, promise)
    for name, text in _FILES.items():
        for command in (("plugins", "--json"), ("layout", "--json")):
            make = _load(text, command)
            printed = ("hello",) if name == "prints" else ()
            promise = Promise(json=True, maybe=_COMPILED, printed=printed)
            yield single("inputs", f"plugin file {command[0]} {name}", make, promise)
    for file in ("own.txt", "a b.py", "djtrans.py", "torch.py", "1.py", "é.py"):
        make = _load("", ("plugins", "--json"), file)
        promise = Promise(json=True, maybe=_COMPILED)
        yield single("inputs", f"plugin name {file}", make, promise)
    for path in ("missing.py", ".", "/dev/null", "https://example.org/x.py", ""):
        yield single(
            "inputs",
            f"plugin path {path or 'empty'}".replace("/", "|"),
            lambda bench, place, rng, path=path: ("--plugin", path, "plugins", "--json"),
            Promise(json=True, expected="refused"),
        )
