# The commands of the project: `make run` and `make test` need nothing but make, python3 and python3-venv.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin

# What Debian has to bring: root installs it, anybody else is told what to ask root for.
INSTALL := .ci/install
PAGE_SOURCES := $(shell find web/src web/*.html web/*.ts web/*.json -type f 2>/dev/null)

.PHONY: run page test check torture bench-live bench-page format schema lock clean

## Set up, migrate, fill an empty database with the demo tree, and serve.
run: .venv/run.stamp
	@$(MAKE) --no-print-directory page || echo "The page is not built, for the reason above. The API runs without it."
	@$(BIN)/python server.py demo
	@exec $(BIN)/python server.py serve

## Build the page, with this machine's Node or the one from PyPI.
page: web/dist/page.stamp

## Set up what the tests need, and run them all.
test: .venv/test.stamp web/dist/page.stamp /usr/bin/chromium
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
	@$(BIN)/python -m benchmarks.fan_out

## What the console costs a browser.
bench-page: .venv/test.stamp web/dist/page.stamp /usr/bin/chromium
	@$(BIN)/python -m benchmarks.first_load

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
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  --group pyproject.toml:node -o requirements-node.txt

clean:
	@rm -rf .venv web/dist web/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp is written last, so an interrupted set-up is simply run again.
.venv/run.stamp: requirements.txt
	@echo "Making the virtual environment in .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Dialtree needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear .venv 2>/dev/null || { rm -rf .venv; $(INSTALL) python3-venv && $(PYTHON) -m venv .venv; }
	@echo "Installing the pinned dependencies: about half a minute ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

web/dist/page.stamp: .venv/run.stamp schema.graphql web/build web/package-lock.json $(PAGE_SOURCES)
	@web/build

/usr/bin/chromium:
	@$(INSTALL) chromium

.venv/test.stamp: .venv/run.stamp requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
