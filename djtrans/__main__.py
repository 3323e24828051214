"""Run the command by ``python -m djtrans``."""

from djtrans.cli import run

if __name__ == "__main__":
    run()
