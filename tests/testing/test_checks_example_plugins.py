"""The example plugins, also those of the documentation, pass the rules."""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
from pathlib import Path

from djtrans.testing import parametrize_checks

ROOT = Path(__file__).resolve().parents[2]


def loaded(path):
    spec = importlib.util.spec_from_file_location(f"checked_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def first_blocks(page, count):
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    code = "\n".join(blocks[:count])
    file = Path(tempfile.mkdtemp()) / f"{Path(page).stem}.py"
    file.write_text(code, encoding="utf-8")
    return loaded(file)


test_the_plugin_page = parametrize_checks(first_blocks("docs/plugins.md", 2))
test_the_reverb = parametrize_checks(
    loaded(ROOT / "examples/five_parameter_reverb.py"),
    {
        ("plate", "gradients_are_right"): "The predelay moves in whole samples.",
        ("dj62", "effects_are_named_in_full"): "A loose file's namespace is the name of the file.",
    },
)
test_the_swapped_effect = parametrize_checks(loaded(ROOT / "examples/swap_effect.py"))
test_the_effect_in_30_lines = parametrize_checks(
    loaded(ROOT / "examples/effect_in_30_lines.py"),
)


test_the_sidechain = parametrize_checks(loaded(ROOT / "examples/sidechain.py"))
