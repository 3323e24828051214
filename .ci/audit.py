"""Report known vulnerabilities and licences, printed and in build/audit/: `make audit`.

The reports inform and fail nothing; tests/test_dependencies.py is what fails on a licence. A
vulnerability service that is out of reach, or knows none of the packages, is reported as such.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build/audit"
BIN = Path(sys.executable).parent
#: A service that stalls must not hold up the checks.
LIMIT_SECONDS = 300


def vulnerabilities(installed: Path) -> str:
    """The report on the packages listed in a file of requirements."""
    found = OUT / "vulnerabilities.json"
    found.unlink(missing_ok=True)
    command = [BIN / "pip-audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    command += ["--timeout", "10", "--format", "json", "--output", found, "-r", installed]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"pip-audit: NOT RUN, no answer within {LIMIT_SECONDS} s."
    if not found.exists():
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"pip-audit: NOT RUN, its vulnerability service gave no answer: {reason}"
    packages = json.loads(found.read_text(encoding="utf-8"))["dependencies"]
    audited = [package for package in packages if "skip_reason" not in package]
    if not audited:
        return (
            "pip-audit: NOT RUN, its vulnerability service knows none of the "
            f"{len(packages)} packages; a mirror without one was asked."
        )
    known = [
        f"  {package['name']} {package['version']}: {fault['id']}, "
        f"fixed in {', '.join(fault['fix_versions']) or 'no version'}"
        for package in audited
        for fault in package["vulns"]
    ]
    head = f"pip-audit: {len(known)} known vulnerabilities"
    skipped = [
        f"{package['name']}: {package['skip_reason']}"
        for package in packages
        if "skip_reason" in package
    ]
    return "\n".join(
        [f"{head} in {len(audited)} of {len(packages)} packages.", *known]
        + [f"  not audited: {line}" for line in skipped]
    )


def licences() -> str:
    """The number of packages under each licence; the list is written beside it."""
    listed = [BIN / "pip-licenses", "--with-system", "--order=license"]
    everything = OUT / "licenses.csv"
    table = subprocess.run([*listed, "--format=csv"], capture_output=True, text=True, check=True)
    everything.write_text(table.stdout, encoding="utf-8")
    summary = subprocess.run([*listed, "--summary"], capture_output=True, text=True, check=True)
    return f"{summary.stdout}pip-licenses: every package in {everything.relative_to(ROOT)}."


def main() -> None:
    """Write the reports and print them."""
    OUT.mkdir(parents=True, exist_ok=True)
    # What users get, at the versions installed here; not the tools, nor djtrans itself.
    tree = [sys.executable, "-m", "tests.helpers.distributions", "djtrans[all]"]
    lines = subprocess.run(tree, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    installed = OUT / "installed.txt"
    installed.write_text(
        "".join(f"{line}\n" for line in lines.split() if not line.startswith("djtrans==")),
        encoding="utf-8",
    )
    for name, report in (
        ("vulnerabilities", vulnerabilities(installed)),
        ("licenses", licences()),
    ):
        (OUT / f"{name}.txt").write_text(f"{report}\n", encoding="utf-8")
        print(report)


if __name__ == "__main__":
    main()
