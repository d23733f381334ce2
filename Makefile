# Two commands for a fresh machine with Python 3.11+, pip and make: `make demo` and `make test`.
VENV ?= .venv
PORT ?= 8000
PY := $(VENV)/bin/python
RUN := $(VENV)/.installed-requirements.lock
DEVELOP := $(VENV)/.installed-requirements-dev.lock
export VENV

.PHONY: setup demo up test check browser clean lock

setup: $(DEVELOP)

$(RUN): requirements.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh run

$(DEVELOP): requirements-dev.lock requirements.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh develop

demo: $(RUN)
	@$(VENV)/bin/engage demo --port $(PORT)

up: $(RUN)
	@$(VENV)/bin/engage up --port $(PORT)

test: $(DEVELOP)
	$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

# Exactly what CI runs.
check: $(DEVELOP)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

browser: $(DEVELOP)
	$(PY) -m pytest tests/browser $(ARGS)

bench-%: $(DEVELOP)
	$(PY) -m bench.$* $(ARGS)

# Caches and the virtual environment; the data in .engage stays.
clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .engage/tests-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Needs uv; the result names no registry.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	$(LOCK) --group build pyproject.toml -o requirements.lock
	$(LOCK) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
