# Each target sets itself up: a virtual environment in $(VENV), installed once and again when
# pyproject.toml or constraints.txt change.
#
#   make demo                 what two people and a channel would get from the sample dump
#   make demo DUMP=page.txt   the same with a dump of yours
#   make test                 the test suite, a worker for each core (WORKERS=0: in one process)
#   make check                ruff (lint and format) and mypy --strict
#   make audit                known holes in packages (asks the network), and bandit over the code
#   make lock                 deploy/requirements.lock anew, after a change of the dependencies
#
# On Linux, torch from the default index can bring several GB of CUDA libraries. To take the CPU
# build instead:
#
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
DUMP ?=
TESTS ?=
WORKERS ?= auto

PIP = $(VENV)/bin/python -m pip --disable-pip-version-check
READY = $(VENV)/.installed

.PHONY: demo test test-long check audit format lock clean

demo: $(READY)
	$(VENV)/bin/paperround demo $(if $(DUMP),"$(DUMP)")

test: $(READY)
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist loadfile -m "not long" $(TESTS)

test-long: $(READY)
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist loadfile $(TESTS)

check: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# Known holes in what is installed, and habits of ours that open one. The first asks a service on the
# network, so this is no part of `check`.
audit: $(READY)
	$(PIP) install --quiet bandit pip-audit
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive bot matching storage
	$(VENV)/bin/pip-audit --require-hashes --disable-pip --requirement deploy/requirements.lock

format: $(READY)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

# What the container installs, each file by its hash. torch has a lock of its own: it comes from
# another index.
lock: $(READY)
	$(PIP) install --quiet pip-tools
	$(VENV)/bin/pip-compile --quiet --generate-hashes --strip-extras --no-header \
	    --no-emit-index-url --no-emit-find-links --unsafe-package torch \
	    --build-deps-for wheel -c constraints.txt -o deploy/requirements.lock pyproject.toml

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Paperround needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	$(PIP) install --quiet -c constraints.txt --editable ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build *.egg-info
