# The commands of the project: `make run` and `make test` need nothing but make, python3 and python3-venv.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin

# Debian packages: root installs them, other users get the command for root.
INSTALL := .ci/install
POSTGRES := $(or $(lastword $(wildcard /usr/lib/postgresql/*/bin/initdb)),/usr/lib/postgresql/bin/initdb)
# Whole files go to two workers, in the order of tests/conftest.py: the longest first.
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
FAST_TESTS := tests/test_architecture.py tests/test_contract.py tests/test_licences.py tests/execution tests/calling \
  tests/refusals
# Where the databases differ: locks, triggers, counters, batches. `make test-postgres` runs all.
CAMPAIGNS_ON_POSTGRES := $(patsubst %,tests/campaigns/test_%.py,claim_checks import life next_number set_wise statistics \
  suppressions upload wait_reasons)
# Playwright's bundled Node is linked with it.
LIBATOMIC := $(or $(firstword $(wildcard /usr/lib/*-linux-gnu/libatomic.so.1)),/usr/lib/libatomic.so.1)
FOR_TESTS := /usr/bin/chromium /usr/bin/sipp /usr/bin/strace $(LIBATOMIC) $(POSTGRES)
WITHOUT_PAGE := "Without them all else works: the API at /graphql, live updates, calls and the command line."
PAGE_SOURCES := $(shell find web/src web/*.html web/*.ts web/*.json -type f ! -name '*.test.ts' 2>/dev/null)

.PHONY: run run-postgres page test test-fast test-postgres check check-fresh torture crash-test bench bench-live bench-limits bench-foreign bench-page bench-campaign format schema lock clean

## Set up, migrate, fill an empty database with the demo tree, and serve.
run: .venv/run.stamp
	@$(MAKE) --no-print-directory page 2> /dev/null || echo $(WITHOUT_PAGE)
	@export DIALTREE_SANDBOX_CARRIER=$${DIALTREE_SANDBOX_CARRIER-127.0.0.1:5070}; \
	  export DIALTREE_PRIVATE_CARRIERS=$${DIALTREE_PRIVATE_CARRIERS-allow}; \
	  $(BIN)/python server.py demo && exec $(BIN)/python server.py serve

## Do the same on PostgreSQL: start one, and two servers that share an address.
run-postgres: .venv/run.stamp $(POSTGRES)
	@$(MAKE) --no-print-directory page 2> /dev/null || echo $(WITHOUT_PAGE)
	@exec .ci/run-postgres $(POSTGRES)

## Build the page, with this machine's Node or the one from PyPI.
page: web/dist/page.stamp

## Set up what the tests need, and run them all, or those named by ONLY="FILE FILE::TEST ...".
test: .venv/test.stamp web/dist/page.stamp $(FOR_TESTS)
ifdef ONLY
	@$(BIN)/python -m pytest -q $(ONLY)
else
	@echo "Running the tests: some minutes ..."
	@$(PYTEST) --ignore tests/web
	@echo "Running the page's tests in a browser: some minutes ..."
	@$(BIN)/python -m pytest -q -n 2 tests/web
endif

## Run the tests of the rules, the contract and the architecture, for quick feedback: about a minute.
test-fast: .venv/test.stamp
	@$(PYTEST) $(FAST_TESTS)

## Run the tests on PostgreSQL. FULL=1: the long suites at full size.
test-postgres: .venv/test.stamp web/dist/page.stamp $(FOR_TESTS)
	@echo "Running the tests on PostgreSQL: some minutes ..."
	@DIALTREE_TEST_ENGINE=postgresql DIALTREE_TORTURE=$(FULL) $(PYTEST) \
	  --ignore tests/web $(if $(FULL),--ignore tests/crashes)
	@echo "Running the page's tests in a browser ..."
	@DIALTREE_TEST_ENGINE=postgresql $(PYTEST) tests/web

## Check format, lint, types and tests. CI runs this, and then `make check-fresh`.
check: .venv/test.stamp web/dist/page.stamp
	@echo "Checking format, lint and types ..."
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@echo "Checking the page: types, lint and unit tests ..."
	@PATH="$$(.ci/node):$$PATH" npm --prefix web run --silent check
	@$(MAKE) --no-print-directory test
	@echo "Running the tests of the rules with graphql-core ..."
	@DIALTREE_EXECUTOR=graphql-core $(PYTEST) tests/resolvers tests/test_contract.py
	@echo "Running them on PostgreSQL ..."
	@DIALTREE_TEST_ENGINE=postgresql $(PYTEST) tests/isolation tests/resolvers $(CAMPAIGNS_ON_POSTGRES)

## Run `make run` and a short part of `make test` in a new, empty Debian 12. As root; a few minutes.
check-fresh:
	@.ci/check-fresh

## Run the long suites at full size.
torture: .venv/test.stamp web/dist/page.stamp $(FOR_TESTS)
	@echo "The long suites at full size: this takes a while ..."
	@DIALTREE_TORTURE=1 $(BIN)/python -m pytest -q -m torture
	@DIALTREE_EXECUTOR=graphql-core $(PYTEST)
	@$(MAKE) --no-print-directory test-postgres FULL=1
	@$(BIN)/python tests/defects.py

## Kill the server (-9) repeatedly while clients create conversations, and while campaigns call.
crash-test: .venv/test.stamp $(FOR_TESTS)
	@echo "1,500 creates, 10,000 attempts of a campaign, and kill -9 twelve times in each, on SQLite and on PostgreSQL ..."
	@DIALTREE_TORTURE=1 $(BIN)/python -m pytest -q -m torture tests/crashes

## Compare Dialtree with its peers and a baseline: about 15 minutes, QUICK=1 three. Writes benchmarks/RESULTS.md.
bench: .venv/test.stamp benchmarks/peers/node/node_modules/.stamp benchmarks/peers/python/.venv/stamp /usr/bin/wrk
	@PATH="$$(.ci/node):$$PATH" $(BIN)/python -m benchmarks.compare_servers

## Measure how long a change takes to reach 1,000 subscribers.
bench-live: .venv/test.stamp
	@$(BIN)/python -m benchmarks.fan_out

## Measure what refusing hostile documents costs, processor time per point, and memory.
bench-limits: .venv/test.stamp
	@$(BIN)/python -m benchmarks.refusal_cost
	@$(BIN)/python -m benchmarks.point_cost
	@$(BIN)/python -m benchmarks.memory

## Measure whether response times reveal what exists in other organizations.
bench-foreign: .venv/test.stamp
	@$(BIN)/python -m benchmarks.timing_leak

## Measure campaigns beside their targets, on SQLite and on PostgreSQL: a quarter of an hour. OPTIONS="calls --calls 500" does a part.
bench-campaign: .venv/test.stamp $(FOR_TESTS)
	@$(BIN)/python -m benchmarks.campaigns $(OPTIONS)

## Measure the console's first load in a browser.
bench-page: .venv/test.stamp web/dist/page.stamp /usr/bin/chromium
	@$(BIN)/python -m benchmarks.page_load

## Format, and fix what ruff can fix.
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

# A stamp is written last, so that an interrupted set-up is repeated.
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

# The benchmark's peers, pinned by their own lock files.
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

# The paths depend on the machine and the version; the recipes install the packages.
$(LIBATOMIC):
	@$(INSTALL) libatomic1

$(POSTGRES):
	@$(INSTALL) postgresql

.venv/test.stamp: .venv/run.stamp requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
