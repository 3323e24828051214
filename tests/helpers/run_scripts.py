"""Run scripts one after the other in one process, which imports the libraries once.

    python -m tests.helpers.run_scripts SCRIPT...

Each runs as ``__main__``. What is printed is one JSON object: for each script, what it printed, and
the traceback that ended it, or "".
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import sys
import traceback


def main(*scripts: str) -> None:
    """Run them all; one that fails does not keep the others from running."""
    results = {}
    for script in scripts:
        printed, failure = io.StringIO(), ""
        with contextlib.redirect_stdout(printed):
            try:
                runpy.run_path(script, run_name="__main__")
            except Exception:  # noqa: BLE001  reported to the test of the script
                failure = traceback.format_exc()
        results[script] = {"printed": printed.getvalue(), "failure": failure}
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
