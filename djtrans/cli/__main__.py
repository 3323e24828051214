"""Run the command as ``python -m djtrans.cli``."""

from djtrans.cli import run

run()
