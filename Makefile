# Everything a person or CI runs. Each target makes what it needs; `make help` lists them.

HOST ?= 127.0.0.1
PORT ?= 8000
SIGN_IN ?= local
RUN ?=
SECONDS ?= 3600

# The first Python here that Baton supports. `make install PYTHON=…` overrides it.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$python && break; done)

BIN := .venv/bin
# Made last, so that an installation that was interrupted is done again.
STAMP := .venv/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

export HOST PORT
# One answer whatever machine it runs on.
export PYTHONUNBUFFERED := 1
# Hundreds of processes are started by the tests, and each would compile all that it loads.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install system run practice test tests check audit format bench bench-hostile soak fuzz accuracy fidelity screenshots lock clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

install: $(STAMP) system $(BIN)/helm ## make .venv, add helm and kubectl and, as root on Debian, what else the tests use

# By uv, which takes a fifth of the time; by pip where only that is set up to reach packages.
$(STAMP): requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "Baton needs Python 3.11, 3.12 or 3.13; none is on the PATH." \
		"Install one, or name it: make install PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\\]$$/p' $< >.venv/uv.txt
	$(PIP) install --quiet --require-hashes -r .venv/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $< || \
		$(PIP) install --quiet --require-hashes -r $<
	@touch $@

system:
	@scripts/system-packages

# Not made anew with .venv's every change, only when it is gone or another version is asked for.
$(BIN)/helm: requirements/tools.txt scripts/install_tools.py | $(STAMP)
	$(BIN)/python scripts/install_tools.py

run: $(STAMP) ## the practice cluster and the dashboard on HOST:PORT (127.0.0.1:8000)
	@$(BIN)/python scripts/run_practice.py --host "$(HOST)" --port "$(PORT)" --sign-in "$(SIGN_IN)" $(RUN)

practice: $(STAMP) ## a simulated cluster that kubectl drives, and the dashboard on HOST:PORT
	@$(BIN)/python scripts/run_practice.py --drive --host "$(HOST)" --port "$(PORT)" --sign-in "$(SIGN_IN)" $(RUN)

# Two more than there are cores, since tests with a browser or a server mostly wait; four at most.
WORKERS := $(shell n=$$(getconf _NPROCESSORS_ONLN); if [ $$n -lt 2 ]; then echo $$((n + 2)); else echo 4; fi)

# Checks run beside the tests, for types are found out on one core alone; what fails of both is told.
test: install ## all checks and all tests
	@$(MAKE) --no-print-directory --keep-going --jobs 2 check tests

# A file's tests stay together, for they share servers, and files begin in the order of their names:
# those with a browser, which mostly wait, come first, so that none of them is left over for the end.
# From a clean clone one process compiles them all first: together they would each do it.
tests: $(STAMP)
	@[ -d tests/__pycache__ ] || $(BIN)/python -m pytest -qq --collect-only >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(STAMP) ## format, lint, security, types, contracts, migrations, deployment settings, sizes
	$(BIN)/ruff format --check --quiet --output-format concise .
	$(BIN)/ruff check --quiet --output-format concise .
	$(BIN)/python scripts/check_security.py
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python scripts/check_sizes.py

audit: $(STAMP) ## as check does, and the database of known vulnerabilities has to answer
	$(BIN)/python scripts/check_security.py --must-ask

format: $(STAMP) ## let ruff rewrite what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## cost of decoding, explaining, storing, metrics and practice, beside the kubernetes package's typed watch
	$(BIN)/python -m benchmarks.decode
	$(BIN)/python -m benchmarks.explain
	$(BIN)/python -m benchmarks.audit
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.metrics
	$(BIN)/python -m benchmarks.browser
	$(BIN)/python -m benchmarks.practice
	$(BIN)/python -m benchmarks.fanout
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.growth

bench-hostile: $(STAMP) ## each attack at full size: memory, lag, the longest hold of the loop, what was dropped
	$(BIN)/python -m benchmarks.hostile $(ATTACKS)

soak: $(STAMP) ## an hour (SECONDS=3600) of all attacks at once, in the memory that deploy/ gives
	$(BIN)/python -m benchmarks.soak --seconds $(SECONDS)

fuzz: $(STAMP) ## whatever is read from outside, with made-up input, for a stated time
	$(BIN)/python scripts/fuzz.py

accuracy: $(STAMP) ## who did what on the recordings, beside the ground truth, without and with audit log
	$(BIN)/python scripts/accuracy.py

fidelity: $(STAMP) $(BIN)/helm ## the practice cluster against the recordings of a real one, by the commands behind each
	$(BIN)/python scripts/fidelity.py

screenshots: $(STAMP) system ## every view in each state, light and dark, wide and narrow, into var/screens (DOCS=1: README's)
	$(BIN)/python scripts/screenshots.py $(if $(DOCS),--docs)

lock: $(STAMP) ## pin requirements/*.in anew into requirements/*.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt requirements/run.in -o requirements/run.txt
	$(LOCK) --constraint requirements/dev.txt requirements/sbom.in -o requirements/sbom.txt
	$(LOCK) --no-deps requirements/tools.in -o requirements/tools.txt

clean: ## remove what the targets made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles var
