# Two commands for a newcomer: `make demo` and `make test`. Both install what they need into .venv,
# from requirements.lock, with Python 3.11 or newer and pip alone.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# `make faults QUICK=1` runs a part of the faults, and so of the attacks and of what is detected.
QUICK ?=

# Inputs that `make fuzz` gives to the opener.
FUZZ ?= 1000000

.PHONY: demo test quick waiting kafka faults soak attacks detect anonymity bench readers screens fuzz lint docs lock clean

demo: $(READY)  ## Four registers, a broker, the intake, and a summary that reconciles.
	$(BIN)/southmed demo

# Files of tests that share nothing run side by side; those on Apache Kafka one after the other.
# Those with brokers of our own wait half of their time, so there may be more of them than cores.
# `make test WITHOUT=slow` leaves out what takes long by itself; continuous integration does.
QUICK_TESTS := tests/unit tests/attacks
WITHOUT ?=
LESS := $(if $(WITHOUT),-m "not $(WITHOUT)")
BESIDE := --dist loadfile -n auto
WAITING := --dist loadfile -n 5

test: quick waiting kafka  ## All tests; those that need Kafka, PostgreSQL or a browser run where it is installed.

waiting: $(READY)  ## Those with brokers of our own, and with a browser.
	$(BIN)/python -m pytest $(QUICK_TESTS:%=--ignore=%) --ignore=tests/kafka $(WAITING) $(LESS)

kafka: $(READY)  ## Those on Apache Kafka.
	$(BIN)/python -m pytest tests/kafka $(LESS)

quick: $(READY)  ## Those that start no broker; what one runs while working.
	$(BIN)/python -m pytest $(QUICK_TESTS) $(BESIDE) $(LESS)

faults: $(READY)  ## Every fault we can think of, on three real brokers; needs java and mvn.
	$(BIN)/python -m tests.faults $(if $(QUICK),--quick)

soak: $(READY)  ## A million events through three brokers and two workers, with faults.
	$(BIN)/python -m tests.faults.soak

attacks: $(READY)  ## Eight attacks on releases, beside controls that must break; writes docs/attacks.md.
	$(BIN)/python -m tests.attacks.releases $(if $(QUICK),--quick)

detect: $(READY)  ## Networks, surges and displacements planted in invented years: how well they are found.
	$(BIN)/python -m tests.detect $(if $(QUICK),--quick)

anonymity: $(READY)  ## pycanon, in an environment of its own, measures k and l of what is told.
	$(BIN)/python -m tests.anonymity

bench: $(READY)  ## Microseconds and memory per event, beside a plain consumer loop.
	$(BIN)/southmed bench

readers: $(READY)  ## 200 readers with open streams before one console: what it costs.
	$(BIN)/python -m tests.readers $(if $(QUICK),--quick)

screens: $(READY)  ## Pictures of every page of the console, in build/screens.
	$(BIN)/python -m tests.console.screens

fuzz: $(READY)  ## A million random and mutated inputs to the opener.
	$(BIN)/python -m tests.attacks.fuzz --examples $(FUZZ)

lint: $(READY)  ## What a commit is held to.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/southmed console texts --check

docs: $(READY)  ## Renders the documents that follow from the contract.
	$(BIN)/southmed docs generate

lock: $(READY)  ## Pins every dependency with its hashes, for every platform.
	$(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --upgrade \
	  --custom-compile-command "make lock" --quiet --output-file requirements.lock

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@echo "Installing into .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "southmed needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(READY)
