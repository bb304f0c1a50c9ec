# Every target sets up what it needs: Python >= 3.11 with venv, git, make and a package registry are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
# uv is quick; where it does not know the machine's certificates or package index, pip, which does, takes over.
export UV_SYSTEM_CERTS ?= 1

# An environment that is gone or broken is made again, whatever .ready says.
ifneq ($(shell $(BIN)/workbench --version >/dev/null 2>&1 && echo whole),whole)
.PHONY: $(READY)
endif

.PHONY: help reports test types suite torture lint hooks lab lock notebooks bench clean

help:
	@echo "make reports    run every study and leave reports/index.html"
	@echo "make test       lint, types, unit tests, notebooks against their stored outputs, pages in a browser"
	@echo "make torture    hours of killed runs and hostile input, outside the suite"
	@echo "make hooks      run ruff, mypy and the notebook checks before every commit"
	@echo "make lab        open the notebooks in JupyterLab"
	@echo "make notebooks  execute the notebooks in place, after changing one"
	@echo "make bench      side by side with R and with plain papermill"
	@echo "make lock       compile requirements.lock after changing pyproject.toml"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2] if sys.version_info[:2] < (3, 11) else 0)'
	$(BIN)/python -c "import pip" 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m workbench.sem.refitting
	@touch $(READY)

reports: $(READY)
	$(BIN)/workbench run --output reports

test: $(READY)
	$(BIN)/ruff check .
	$(MAKE) --no-print-directory -j2 types suite

types: $(READY)
	$(BIN)/mypy

suite: $(READY)
	$(BIN)/python -m pytest -n auto --dist worksteal

# Every script of the folder whose name does not begin with _ ; each says what it tried and what it found.
torture: $(READY)
	for script in tests/torture/[a-z]*.py; do \
	  $(BIN)/python -m tests.torture.$$(basename $$script .py) || failed=1; done; test -z "$$failed"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

hooks: $(READY)
	$(BIN)/pre-commit install

lab: $(READY)
	$(BIN)/workbench lab

notebooks: $(READY)
	$(BIN)/python notebooks/refresh.py

bench: $(READY)
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --all-extras pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
