# Every command of the project in one place. `make check` is what continuous integration runs.

# The first Python of at least 3.11; `make PYTHON=/path/to/python …` overrides it.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$each" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
MODEL ?= reference:vae
OUT ?= audit-out
# Processes that share the tests, on machines with as many cores: `make test PROCESSES=1` if memory is short.
PROCESSES ?= 2

# Threads that spin while they wait make everything many times slower on a machine that has other work.
export OMP_WAIT_POLICY ?= PASSIVE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help audit setup test check lint types bench format docs clean chromium FORCE

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

audit: $(VENV)/.runtime ## install, audit a reference model (MODEL=reference:vae) and say where the report is
	@status=0; $(BIN)/genai-audit run $(MODEL) --out $(OUT) || status=$$?; \
	case $$status in \
		0) meaning=pass;; 1) meaning=fail;; 2) meaning='usage or configuration';; \
		3) meaning=inconclusive;; *) meaning='internal error';; \
	esac; \
	echo; echo "exit code $$status ($$meaning)"; \
	case $$status in 0|1|3) echo "report: $(abspath $(OUT))/report.html";; esac; \
	exit $$status

setup: $(VENV)/.dev ## install for development into .venv

# A file's tests stay together and share what they trained, and files keep their order, because the long ones come first.
test: $(VENV)/.dev chromium ## run the tests
	$(BIN)/python -m pytest -n logical --maxprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint types test ## everything that must hold before a change is merged

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The package is the repository root, so the type checker finds it through a link that carries the package's name.
types: $(VENV)/.dev
	@mkdir -p .make && ln -sfn .. .make/genai_audit
	MYPYPATH=.make $(BIN)/mypy -p genai_audit

bench: $(VENV)/.bench ## run the studies of speed, power and false alarms (long)
	$(BIN)/python -m pytest --studies -n logical --maxprocesses $(PROCESSES)
	@for study in benchmarks/*.py; do echo "== $$study"; $(BIN)/python "$$study" || exit; done

format: $(VENV)/.dev ## format the code and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## write the parts of the documentation that are made from the code
	$(BIN)/python docs/sections.py
	$(BIN)/python docs/draw_architecture.py

clean: ## remove the environment, caches and outputs
	rm -rf $(VENV) $(OUT) .make build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that was moved or copied would run the code of another checkout: it is made anew.
ifneq ($(shell cat $(VENV)/.home 2>/dev/null),$(CURDIR))
$(VENV)/.home: FORCE
endif
$(VENV)/.home:
	@test -n "$(PYTHON)" || { echo "expected Python 3.11 or later on the path; install it or run make PYTHON=…"; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@echo "$(CURDIR)" > $@

# The stamps last until the dependencies or the list of packages change. Editing or adding a module needs no
# reinstallation: the installed package points to this folder.
$(VENV)/.runtime: $(VENV)/.home pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.home pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev,formats]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) install --quiet --constraint constraints.txt --editable '.[bench]'
	@touch $@

chromium:
	@.ci/chromium
