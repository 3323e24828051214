"""Run the command by ``python -m djtrans``."""

from djtrans.cli import main

if __name__ == "__main__":
    main()
