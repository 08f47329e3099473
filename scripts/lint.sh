#!/usr/bin/env bash
# Every style check there is; the same for a developer, pre-commit and CI.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv-dev/bin
failed=()

check() {
    local name=$1
    shift
    printf '%s ... ' "$name" >&2
    local output
    if output=$("$@" 2>&1); then
        echo ok >&2
    else
        echo FAILED >&2
        printf '%s\n' "$output"
        failed+=("$name")
    fi
}

check "ruff check" $bin/ruff check .
check "ruff format" $bin/ruff format --check .
# Each package with the libraries of its environment, and a cache of its own for each of the two.
mypy="$bin/mypy --python-executable"
check "mypy" $mypy .venv/bin/python swipestream flink_jobs udfs simulator bench apps scripts
check "mypy serving" $mypy .venv-serving/bin/python --cache-dir .mypy_cache/serving \
    --follow-imports silent serving
check "mypy training" $mypy .venv-training/bin/python --cache-dir .mypy_cache/training \
    --follow-imports silent training tests/training
check "mypy tests" $mypy .venv/bin/python --cache-dir .mypy_cache/tests --follow-imports silent \
    --exclude '^tests/training/' tests
sqlfluff="$bin/sqlfluff lint --disable-progress-bar"
check "sqlfluff flink" $sqlfluff --dialect flink sql/payments sql/labels
check "sqlfluff postgres" $sqlfluff --dialect postgres sql/postgres superset/_shared/queries sql/as_of_arrival sql/parity sql/merchant_risk sql/online
check "sqlfluff duckdb" $sqlfluff --dialect duckdb sql/training sql/backtest bench/handbook/sql
check "yamllint" $bin/yamllint --strict $(git ls-files "*.yaml" "*.yml")
check "prose" .venv/bin/python scripts/prose.py
check "secrets" .venv/bin/python -m scripts.secret_scan
for file in scripts/*.sh .ci/run bin/swipestream; do
    check "bash -n $file" bash -n "$file"
done

if [ ${#failed[@]} -gt 0 ]; then
    printf 'error: %s failed\n' "$(IFS=,; echo "${failed[*]}")" >&2
    exit 1
fi
