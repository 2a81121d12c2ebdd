# Set-up, tests and the demonstration; knows nothing of circuits.
#
#   make setup       set up on a fresh machine
#   make demo        set up and run the main job
#   make test        set up and pass the checks: format, lint, types, tests
#   make docs        set up and write the documentation site, docs/_build/html
#   make test-long   the tests that make test leaves out
#   make clean       remove what set-up made
#
# PYTHON names the interpreter for the virtual environment (3.11 or newer). REQUIRE names what tests may need, such as
# REQUIRE=ngspice,vacask: where one of these is missing, the tests that need it then fail and are not skipped.

REQUIRE ?=
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# Two processes; one that runs out of tests takes some of the other's.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal -q -rfEs $(if $(REQUIRE),--require $(REQUIRE))

.PHONY: setup ready test test-long demo docs clean

setup: ready
	@echo 'so that this shell finds memnet and ngspice: export PATH="$(CURDIR)/$(BIN):$(CURDIR)/.ngspice/usr/bin:$$PATH"'

ready: $(VENV)/.ready
	@$(BIN)/memnet engines --install >/dev/null || true

$(VENV)/.ready: pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "memnet needs Python 3.11 or newer: name one with make PYTHON=..." >&2; exit 1; }
	@echo "setting up in $(VENV): one to two minutes"
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,embedded]'
	@touch $@

test: ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict memnet
	$(PYTEST) -m "not long" tests

test-long: ready
	$(PYTEST) -m long tests

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

# -W: a dead link, or a public name that cannot be described, is an error.
$(VENV)/.docs: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

demo: ready
	$(BIN)/memnet demo

clean:
	rm -rf $(VENV) .ngspice docs/_build docs/api .pytest_cache .mypy_cache .ruff_cache .hypothesis
