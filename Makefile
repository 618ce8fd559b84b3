# The commands of the project: `make run` and `make test` need nothing but make, python3 and python3-venv.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin

# Debian's python3 comes without what makes virtual environments.
INSTALL_VENV = { [ "$$(id -u)" = 0 ] && apt-get install -y --no-install-recommends python3-venv; } || \
  { echo "python3 -m venv does not work here. Run as root, then again: apt-get install -y python3-venv"; exit 1; }

.PHONY: run test check torture bench-live format schema lock clean

## Set up, migrate, fill an empty database with the demo tree, and serve.
run: .venv/run.stamp
	@$(BIN)/python server.py demo
	@exec $(BIN)/python server.py serve

## Set up what the tests need, and run them all.
test: .venv/test.stamp
	@echo "Running the tests: a few minutes ..."
	@$(BIN)/python -m pytest -q

## What CI runs: format, lint, types, tests.
check: .venv/test.stamp
	@echo "Checking format, lint and types ..."
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(MAKE) --no-print-directory test

## The long suites at their full size.
torture: .venv/test.stamp
	@echo "The long suites at full size: this takes a while ..."
	@DIALTREE_TORTURE=1 $(BIN)/python -m pytest -q -m torture
	@$(BIN)/python tests/defects.py

## How long a change takes to reach 1,000 who follow it.
bench-live: .venv/test.stamp
	@$(BIN)/python benchmarks/fan_out.py

## Format and mend what can be mended.
format: .venv/test.stamp
	@$(BIN)/ruff check --fix -q .
	@$(BIN)/ruff format -q .

## Write schema.graphql from the code.
schema: .venv/run.stamp
	@$(BIN)/python server.py export-schema

## Pin the newest versions that pyproject.toml admits.
lock: .venv/test.stamp
	@echo "Pinning dependencies ..."
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  -o requirements.txt pyproject.toml
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  --constraint requirements.txt --group pyproject.toml:dev -o requirements-dev.txt pyproject.toml

clean:
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp is written last, so an interrupted set-up is simply run again.
.venv/run.stamp: requirements.txt
	@echo "Making the virtual environment in .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Dialtree needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear .venv 2>/dev/null || { rm -rf .venv; $(INSTALL_VENV) && $(PYTHON) -m venv .venv; }
	@echo "Installing the pinned dependencies: about half a minute ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
