"""`python -m apps.mlflow`: what `swipestream model` runs in the environment that has MLflow."""

import argparse
import sys
from pathlib import Path

from apps.mlflow.bundle_facts import MANIFEST
from apps.mlflow.errors import StoreError

ALIASES = ("champion", "challenger")


def main() -> int:
    """Record bundles, then set the aliases; print what was recorded."""
    parser = argparse.ArgumentParser(prog="python -m apps.mlflow", description=main.__doc__)
    parser.add_argument("--store", type=Path, required=True, help="MLflow's database and files.")
    parser.add_argument("--models", type=Path, required=True, help="One folder per version.")
    for alias in ALIASES:
        parser.add_argument(f"--{alias}", default="", help="A version; empty: none.")
    parser.add_argument("versions", nargs="*", help="Of bundles to record as well.")
    arguments = parser.parse_args()
    named = {alias: getattr(arguments, alias) or None for alias in ALIASES}
    versions = list(dict.fromkeys(arguments.versions))
    for version in named.values():
        # A pointer may name a bundle that somebody took away.
        if version and (arguments.models / version / MANIFEST).is_file():
            versions.append(version)
    try:
        from apps.mlflow.store import opened

        with opened(arguments.store.absolute()) as (client, experiment):
            from apps.mlflow.recording import record, set_aliases

            for version in dict.fromkeys(versions):
                number = record(client, experiment, arguments.models / version)
                sys.stdout.write(f"{version} is version {number}\n")
            set_aliases(client, named)
    except StoreError as error:
        sys.stderr.write(f"error: {error.fact}\nhint: {error.hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
