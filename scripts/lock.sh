#!/usr/bin/env bash
# Compiles every lock again from pyproject.toml and swipestream/stack/jar_lock.py.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    local environment=$1
    shift
    echo "locks/$environment.txt" >&2
    .tools/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
        --group "pyproject.toml:$environment" --output-file "locks/$environment.txt" "$@"
}

compile bootstrap
compile streaming pyproject.toml
compile training pyproject.toml
compile registry pyproject.toml
compile dashboards pyproject.toml
compile browser pyproject.toml
compile peers pyproject.toml
compile serving pyproject.toml
compile contract
compile dev
echo "locks/jars.txt" >&2
.venv/bin/swipestream jars --lock
