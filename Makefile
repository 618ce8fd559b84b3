# The commands of the project: `make run` and `make test` need nothing but make, python3 and python3-venv.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin

# What Debian has to bring: root installs it, anybody else is told what to ask root for.
INSTALL := .ci/install
POSTGRES := $(or $(lastword $(wildcard /usr/lib/postgresql/*/bin/initdb)),/usr/lib/postgresql/bin/initdb)
FOR_TESTS := /usr/bin/chromium /usr/bin/sipp /usr/bin/strace $(POSTGRES)
PAGE_SOURCES := $(shell find web/src web/*.html web/*.ts web/*.json -type f 2>/dev/null)

.PHONY: run run-postgres page test test-postgres check torture crash-test bench bench-live bench-limits bench-foreign bench-page format schema lock clean

## Set up, migrate, fill an empty database with the demo tree, and serve.
run: .venv/run.stamp
	@$(MAKE) --no-print-directory page || echo "The page is not built, for the reason above. The API runs without it."
	@export DIALTREE_SANDBOX_CARRIER=$${DIALTREE_SANDBOX_CARRIER-127.0.0.1:5070}; \
	  export DIALTREE_PRIVATE_CARRIERS=$${DIALTREE_PRIVATE_CARRIERS-allow}; \
	  $(BIN)/python server.py demo && exec $(BIN)/python server.py serve

## The same on PostgreSQL: starts one, and two servers behind one address.
run-postgres: .venv/run.stamp $(POSTGRES)
	@$(MAKE) --no-print-directory page || echo "The page is not built, for the reason above. The API runs without it."
	@exec .ci/run-postgres $(POSTGRES)

## Build the page, with this machine's Node or the one from PyPI.
page: web/dist/page.stamp

## Set up what the tests need, and run them all.
test: .venv/test.stamp web/dist/page.stamp $(FOR_TESTS)
	@echo "Running the tests: a few minutes ..."
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/web
	@echo "And the page's, in a browser ..."
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/web

## The tests once more, on PostgreSQL. FULL=1: the long suites at full size.
test-postgres: .venv/test.stamp web/dist/page.stamp $(FOR_TESTS)
	@echo "Running the tests on PostgreSQL: some minutes ..."
	@DIALTREE_TEST_ENGINE=postgresql DIALTREE_TORTURE=$(FULL) $(BIN)/python -m pytest -q -n 2 --dist loadfile \
	  --ignore tests/web $(if $(FULL),--ignore tests/crashes)
	@echo "And the page's, in a browser ..."
	@DIALTREE_TEST_ENGINE=postgresql $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/web

## What CI runs: format, lint, types, tests.
check: .venv/test.stamp
	@echo "Checking format, lint and types ..."
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(MAKE) --no-print-directory test
	@echo "The rules once more, run by graphql-core ..."
	@DIALTREE_EXECUTOR=graphql-core $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/resolvers tests/test_contract.py
	@echo "And on PostgreSQL ..."
	@DIALTREE_TEST_ENGINE=postgresql $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/isolation tests/resolvers

## The long suites at their full size.
torture: .venv/test.stamp web/dist/page.stamp $(FOR_TESTS)
	@echo "The long suites at full size: this takes a while ..."
	@DIALTREE_TORTURE=1 $(BIN)/python -m pytest -q -m torture
	@DIALTREE_EXECUTOR=graphql-core $(BIN)/python -m pytest -q
	@$(MAKE) --no-print-directory test-postgres FULL=1
	@$(BIN)/python tests/defects.py

## kill -9, again and again, while clients create conversations.
crash-test: .venv/test.stamp $(FOR_TESTS)
	@echo "1,500 creates and twelve times kill -9, on SQLite and on PostgreSQL: a few minutes ..."
	@DIALTREE_TORTURE=1 $(BIN)/python -m pytest -q -m torture tests/crashes

## Ours, its peers and the floor side by side: about a quarter of an hour, QUICK=1 three minutes. Writes benchmarks/RESULTS.md.
bench: .venv/test.stamp benchmarks/peers/node/node_modules/.stamp benchmarks/peers/python/.venv/stamp /usr/bin/wrk
	@PATH="$$(.ci/node):$$PATH" $(BIN)/python -m benchmarks.side_by_side

## How long a change takes to reach 1,000 who follow it.
bench-live: .venv/test.stamp
	@$(BIN)/python -m benchmarks.fan_out

## What refusing a hostile document costs.
bench-limits: .venv/test.stamp
	@$(BIN)/python -m benchmarks.hostile

## Whether the time of an answer tells what there is.
bench-foreign: .venv/test.stamp
	@$(BIN)/python -m benchmarks.foreign

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
	@$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  -o requirements.txt pyproject.toml
	@$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  --constraint requirements.txt --group pyproject.toml:dev -o requirements-dev.txt pyproject.toml
	@$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
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

# The peers of the bench, as their own lock files pin them.
benchmarks/peers/node/node_modules/.stamp: benchmarks/peers/node/package-lock.json .venv/run.stamp
	@echo "Installing the peers in Node: about a minute ..."
	@cd benchmarks/peers/node && PATH="$$(../../../.ci/node):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

benchmarks/peers/python/.venv/stamp: benchmarks/peers/python/requirements.txt .venv/test.stamp
	@echo "Installing the peers in Python ..."
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

/usr/bin/wrk:
	@$(INSTALL) wrk

/usr/bin/chromium:
	@$(INSTALL) chromium

/usr/bin/sipp:
	@$(INSTALL) sip-tester

/usr/bin/strace:
	@$(INSTALL) strace

# Where it is depends on its version, so nothing is made by this name.
$(POSTGRES):
	@$(INSTALL) postgresql

.venv/test.stamp: .venv/run.stamp requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
