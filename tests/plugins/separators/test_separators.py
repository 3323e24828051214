import subprocess
import sys

from djtrans.plugins.separators import djtrans_separators


def test_listing_imports_nothing_heavy():
    code = (
        "import sys; sys.modules['torch'] = sys.modules['numpy'] = None; "
        "from djtrans.plugins.separators import djtrans_separators; "
        "print(*(d.name for d in djtrans_separators()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[:2] == ["folder", "spectral"]


def test_facts():
    facts = {d.name: d for d in djtrans_separators()}
    assert facts["folder"].isolation == "good"
    assert facts["folder"].reads_source
    assert facts["spectral"].isolation == "weak"
    assert facts["spectral"].stems == ("drums", "bass", "vocals", "other")
