# make run: set up and serve the demo clinic.  make test: every test.  make check: habits.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
export HEARTSEASE_DATA ?= $(CURDIR)/var

.PHONY: run setup test test-slow check bench clean

run: setup
	@$(BIN)/heartsease demo --quiet
	@$(BIN)/heartsease serve --port $(PORT)

setup: .venv/.installed node_modules/.installed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Heartsease needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing pinned Python packages ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package-lock.json
	@echo "Installing fonts, icons and styles ..."
	@npm ci --silent --no-audit --no-fund
	@touch $@

test: setup
	@$(BIN)/python tests/chromium.py
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -m "not slow and not browser" -n 2
	@DATABASE_URL=embedded OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(BIN)/pytest -m "not slow and not browser" -n 2 tests/apps tests/web tests/api
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -m "browser and not slow"

test-slow: setup
	@$(BIN)/pytest -m slow

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy src/heartsease
	@$(BIN)/heartsease check data
	@$(BIN)/heartsease check migrations

bench: setup
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench

clean:
	rm -rf .venv node_modules
