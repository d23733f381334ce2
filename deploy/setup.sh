#!/bin/sh
# Make the virtual environment from the hashed locks: deploy/setup.sh [run|develop]
#
# Needs Python 3.11 or later with pip, and nothing else. Where Python comes without ensurepip (Debian packs it apart),
# the environment is made without pip and the pip outside installs into it. uv does the same faster, if it is there.
# What a half-finished run left behind is made again: the stamp is set last.
set -eu
export PIP_ROOT_USER_ACTION=ignore
cd "$(dirname "$0")/.."
purpose=${1:-run}
venv=${VENV:-.venv}
locks="requirements.lock"
[ "$purpose" = run ] || locks="$locks requirements-dev.lock"

fail() {
    echo "setup: $1" >&2
    exit 2
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "engage needs Python 3.11 or later; install it, or name one: make setup PYTHON=/path/to/python3"
}

# An environment counts when its Python runs and is new enough; how it was made does not matter.
usable() {
    "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

make_environment() {
    python=$(find_python)
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null 2>&1 && return
    "$python" -m venv --clear --without-pip "$venv" || fail "$python cannot make a virtual environment"
}

# The pip of the environment, or the one outside for an environment without.
pip() {
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m pip "$@"
    else
        python=$(find_python)
        "$python" -m pip --version >/dev/null 2>&1 ||
            fail "$python has neither ensurepip nor pip: install python3-venv or python3-pip"
        "$python" -m pip --python "$venv/bin/python" "$@"
    fi
}

install_with_uv() {
    command -v uv >/dev/null 2>&1 || return 1
    for lock in $locks; do
        uv pip install --quiet --python "$venv/bin/python" --require-hashes --only-binary :all: -r "$lock" || return 1
    done
}

install_with_pip() {
    for lock in $locks; do
        pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: -r "$lock"
    done
}

usable || {
    echo "Making the virtual environment in $venv"
    make_environment
}
echo "Installing what the locks name (a minute or so the first time)"
install_with_uv || install_with_pip
pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
for lock in $locks; do
    touch "$venv/.installed-$lock"
done
