# Two commands on a fresh clone: `make demo` and `make test`. Both need Python 3.11 with venv and pip, nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo native test check soak bench bench-quality interop lowest clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group dev
	$(BIN)/python -m skillwire.native.build
	touch $@

# Loading skills, compiled to C where that is possible. The set-up does it too; this keeps it in step with the sources,
# which run themselves as soon as they differ. It is done at once when nothing has changed.
native: $(READY)
	$(BIN)/python -m skillwire.native.build

demo: $(READY)
	$(BIN)/python examples/demo.py

test: native
	$(BIN)/python -m pytest -n 2

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What takes long: runs killed at random moments and resumed, the memory that ten minutes of film take.
soak: $(READY)
	$(BIN)/python -m pytest tests/soak/soak_*.py

bench: native
	$(BIN)/python tests/bench/run.py

# Mattes and removals against known truth; writes docs/quality.md. Fetches clips with npm and apt-get where these are there.
bench-quality: $(READY)
	$(BIN)/python tests/bench/quality

# The agent adk against the real google-adk, in a venv of its own: the package is large, and nothing else needs it.
INTEROP := build/interop
$(INTEROP)/.ready: pyproject.toml tests/interop/requirements.txt
	$(PYTHON) -m venv $(INTEROP)
	$(INTEROP)/bin/python -m pip install --quiet uv
	$(INTEROP)/bin/uv pip install --quiet --python $(INTEROP)/bin/python --editable . --requirement tests/interop/requirements.txt
	touch $@

interop: $(INTEROP)/.ready
	$(INTEROP)/bin/python -m pytest tests/interop

# The oldest versions that pyproject.toml admits, in a venv of their own; all in pure Python.
lowest:
	$(PYTHON) -m venv build/lowest
	build/lowest/bin/python -m pip install --quiet uv
	build/lowest/bin/uv pip install --quiet --python build/lowest/bin/python --resolution lowest-direct --editable '.[all]' --group dev
	SKILLWIRE_PURE=1 build/lowest/bin/python -m pytest

clean:
	rm -rf $(VENV) build dist demo-out runtime/skillwire/spec/__pycache__
