# Everything runs from .venv in this folder. `make help` lists what there is.

# A Python of your choice: make install PYTHON=/path/to/python3.12
PYTHON ?= $(shell python3.11 -c 'print("python3.11")' 2>/dev/null || echo python3)
BIN := .venv/bin
INSTALLED := .venv/installed
# The tests start hundreds of processes: with byte code kept, not each compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test test-slow test-smoke test-lowest coverage \
	lint types docs audit format bench bench-peers torture clean
.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED)  ## make .venv and install djtrans with its tested versions

# The stamp is older than pyproject.toml or constraints.txt when they have changed: install again.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("djtrans needs Python 3.10 or later and %s is older. Name another: make install PYTHON=python3.11" % sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: install  ## render a transition from two synthetic tracks into demo-output/
	$(BIN)/djtrans demo --out demo-output

# What test_smoke.py checks for other Pythons, the other tests check in detail.
test: install  ## the tests, without the slow ones
	$(BIN)/python -m pytest -n auto --dist worksteal --ignore=tests/test_smoke.py

test-slow: install  ## the slow tests, about a quarter of an hour on two cores
	$(BIN)/python -m pytest -m slow -n auto --dist worksteal

# Each in an environment of its own, where only what a user installs is installed.
test-smoke:  ## a little of everything on the Python that PYTHON names
	.ci/test-with .venv-smoke constraints.txt $(PYTHON) tests/test_smoke.py

# PYTHON310 names a Python 3.10 that is neither on the PATH nor one of pyenv's.
LOWEST_TESTS := tests/test_smoke.py tests/cli tests/core tests/diffusion tests/mixer tests/pipeline \
	tests/planning tests/plot tests/plugins/effects tests/plugins/encoders tests/training \
	tests/plugins/schedulers tests/datasets/preparation

test-lowest:  ## the core of the tests with the oldest versions allowed, on Python 3.10
	@python=$$(.ci/find-python 3.10) || { echo "SKIPPED: there is no Python 3.10 here; name one by PYTHON310."; exit 0; }; \
	.ci/test-with .venv-lowest constraints-lowest.txt "$$python" -n auto --dist worksteal $(LOWEST_TESTS)

coverage: install  ## branch coverage of djtrans/core by its tests, at least 95 %
	$(BIN)/python -m pytest -n auto --dist worksteal tests/core tests/test_registry.py \
		tests/plugins/separators/test_folder.py tests/pipeline tests/report --cov=djtrans/core --cov-branch \
		--cov-report=term-missing:skip-covered --cov-fail-under=95

lint: install  ## style, formatting and the layers between packages
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/lint-imports --no-logo || status=1; \
	exit $$status

types: install  ## static types of the package
	$(BIN)/mypy

# Not --quiet: warnings that are not shown are not counted by --strict either.
docs: install  ## the documentation site in site/; a warning is an error
	@test -x $(BIN)/mkdocs || { echo "make docs needs Python 3.11 or later, as the tools of the site do."; exit 1; }
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

audit: install  ## known vulnerabilities and licences, reported in build/audit/
	$(BIN)/python .ci/audit.py

format: install  ## rewrite the files in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install  ## every benchmark, one after the other
	@for script in benchmarks/[!_]*.py; do \
		echo "== $$script"; $(BIN)/python "$$script" || exit 1; \
	done

# In an environment of its own, where the peers' own requirements do no harm. make bench-peers PEERS=--seconds=10
bench-peers: .venv-peers/installed  ## time and memory beside other libraries; tables and plot in build/peers/
	.venv-peers/bin/python benchmarks/peers.py $(PEERS)
	.venv-peers/bin/python benchmarks/accelerator.py

.venv-peers/installed: pyproject.toml constraints.txt benchmarks/peers.txt
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . -r benchmarks/peers.txt
	@touch $@

# Resumed where it was stopped; make torture TORTURE=--jobs=2
torture: install  ## inject faults for hours: inputs, kills, disks, networks; report in torture-output/
	$(BIN)/python -m torture --out torture-output $(TORTURE)

clean:  ## remove .venv, caches and what the demo wrote
	rm -rf .venv .venv-lowest .venv-peers .venv-smoke .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist demo-output site torture-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
