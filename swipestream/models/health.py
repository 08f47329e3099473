"""What `swipestream doctor` says of the models: usable, in use, and as the audit says."""

import json
from collections.abc import Iterator
from typing import Any

from swipestream.errors import SwipestreamError
from swipestream.models.audit import OF_CHAMPIONS, newest_of, open_audit
from swipestream.models.bundles import features_in_force
from swipestream.settings import ChampionSettings, ModelSettings
from udfs.bundle_errors import BundleError
from udfs.model_bundle import CHALLENGER, CHAMPION, Pointer, read_bundle, read_pointer
from udfs.model_watcher import status_file

# Level, name, fact and hint of a finding.
Found = tuple[str, str, str, str]


def check_models(settings: ChampionSettings) -> Iterator[Found]:
    """Look at both pointers, what the stream made of them, and the newest change."""
    yield from check_pointer(settings, CHAMPION, "model", "FAIL")
    yield from check_pointer(settings, CHALLENGER, "challenger", "warn")
    yield from check_audit(settings)


def check_pointer(
    settings: ModelSettings, name: Pointer, shown_as: str, level: str
) -> Iterator[Found]:
    """
    Whether what a pointer names can be used and is used.

    :param level: of a finding that something is wrong.
    """
    folder = settings.models_dir
    try:
        version = read_pointer(folder, name)
        if version is None:
            if name == CHAMPION:
                hint = "run `swipestream train`; until then payments are decided by rules"
                yield "warn", shown_as, f"no champion in {folder}", hint
            return
        bundle = read_bundle(folder / version, features_in_force(settings))
    except BundleError as error:
        serving = _status(settings, name).get("serving")
        goes_on = f"; {serving} goes on" if serving else ""
        yield level, shown_as, f"{error.fact}{goes_on}", _way_out(name, error.hint)
        return
    status = _status(settings, name)
    if status.get("refused") == version:
        goes_on = f"; {status['serving']} goes on" if status.get("serving") else ""
        fact = f"the stream refused the {name} {version}: {status.get('reason')}{goes_on}"
        yield level, shown_as, fact, _way_out(name, "")
    elif status.get("serving") == version and status.get("reason"):
        yield level, shown_as, f"{name} {version} fails: {status['reason']}", _way_out(name, "")
    else:
        yield "ok", shown_as, f"{name} {version}, {len(bundle.features)} features", ""


def check_audit(settings: ChampionSettings) -> Iterator[Found]:
    """Whether the champion is the one that the newest change says."""
    try:
        champion = read_pointer(settings.models_dir, CHAMPION)
        with open_audit(settings) as audit:
            newest = newest_of(audit.changes(), OF_CHAMPIONS)
    except (BundleError, SwipestreamError):
        # Said by the checks of the model and of the database.
        return
    noted = newest.to_version if newest else None
    if champion is None and noted is None:
        return
    if champion == noted and newest is not None:
        fact = f"change {newest.change_number} made it the champion, by {newest.actor}"
        yield "ok", "model audit", fact, ""
    else:
        fact = f"the champion is {champion or 'none'}, the newest change says {noted or 'none'}"
        hint = f"`swipestream model promote {noted or champion}` makes them agree"
        yield "warn", "model audit", fact, hint


def _way_out(name: Pointer, hint: str) -> str:
    if name == CHALLENGER:
        return "run `swipestream model withdraw`, or name another"
    back = "or go back with `swipestream model rollback`"
    return f"{hint}, {back}" if hint else back.removeprefix("or ")


def _status(settings: ModelSettings, name: Pointer) -> dict[str, Any]:
    """What the stream wrote last; empty if nothing, or nothing that can be read."""
    try:
        found = json.loads(status_file(settings.models_dir, name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
