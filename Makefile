# Everything runs from .venv in this folder. `make help` lists what there is.

# A Python of your choice: make install PYTHON=/path/to/python3.12
PYTHON ?= $(shell python3.11 -c 'print("python3.11")' 2>/dev/null || echo python3)
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: help install demo test test-slow lint types docs audit format bench clean
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

test: install  ## the tests, without the slow ones
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: install  ## the slow tests, about a quarter of an hour on two cores
	$(BIN)/python -m pytest -m slow -n auto --dist worksteal

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

clean:  ## remove .venv, caches and what the demo wrote
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist demo-output site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
