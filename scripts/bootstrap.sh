#!/usr/bin/env bash
# Builds one environment from its hashed lock: bootstrap.sh ENVIRONMENT DIRECTORY STAMP
#
# Needs only Python 3.11 with pip. uv comes from pip into .tools/, pinned and hashed like everything
# else. STAMP is written last, so an interrupted run is simply continued by the next one.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=$1
directory=$2
stamp=$3

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
        if [ -n "${PYTHON:-}" ]; then
            fail "PYTHON=$PYTHON is not Python 3.11" "set PYTHON to the path of a Python 3.11"
        fi
    done
    fail "no Python 3.11 found (python3.11, python3 and python were tried)" \
        "install Python 3.11, or set PYTHON to its path: make PYTHON=/path/to/python3.11 ..."
}

# A folder that holds uv and nothing else. A Python without the venv module's pip can still install
# into a plain folder when it has a pip of its own.
install_uv() {
    local python=$1 wanted
    wanted=$(cksum <locks/bootstrap.txt)
    if [ -x .tools/bin/uv ] && [ "$(cat .tools/ready 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    echo "installing uv into .tools/" >&2
    rm -rf .tools
    mkdir .tools
    if "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
            --target .tools -r locks/bootstrap.txt ||
            fail "uv could not be installed" "check the network and pip's configuration, then try again"
    elif "$python" -m venv .tools/venv >/dev/null 2>&1; then
        .tools/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
            --require-hashes -r locks/bootstrap.txt ||
            fail "uv could not be installed" "check the network and pip's configuration, then try again"
        mkdir .tools/bin
        ln -s ../venv/bin/uv .tools/bin/uv
    else
        fail "$python has neither pip nor a working venv module" \
            "install them (Debian and Ubuntu: apt install python3.11-venv) and try again"
    fi
    echo "$wanted" >.tools/ready
}

python=$(find_python)
install_uv "$python"
export UV_PYTHON_DOWNLOADS=never UV_NO_CONFIG=1
# An environment of the caller must not decide where things go.
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONPATH PYTHONHOME

echo "installing $directory from locks/$environment.txt" >&2
rm -f "$directory"/.ready-*
if [ ! -x "$directory/bin/python" ] || [ ! "$directory" -ef "$("$directory/bin/python" -c 'import sys; print(sys.prefix)' 2>/dev/null)" ]; then
    .tools/bin/uv venv --quiet --clear --python "$python" "$directory"
fi
.tools/bin/uv pip sync --python "$directory/bin/python" --require-hashes "locks/$environment.txt" ||
    fail "$directory could not be installed from locks/$environment.txt" \
        "the lines above say why; what was downloaded is kept, so just try again"
if [ "$environment" != dev ] && [ "$environment" != contract ]; then
    .tools/bin/uv pip install --quiet --offline --python "$directory/bin/python" \
        --no-deps --no-build-isolation --editable .
fi
touch "$stamp"
