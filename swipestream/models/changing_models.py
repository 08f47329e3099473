"""Changing which model decides: checks, then the audit row, then the pointer, then MLflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swipestream.models.audit import (
    CHALLENGE,
    OF_CHAMPIONS,
    PROMOTE,
    ROLLBACK,
    WITHDRAW,
    Audit,
    Change,
    champions,
    changing,
    is_without_effect,
    newest_of,
)
from swipestream.models.bundles import check_usable, named
from swipestream.models.decision_policy import Reason, champion_thresholds
from swipestream.models.errors import ChangeError, GateError, RecordError, UnusableModelError
from swipestream.models.gate_verdict import check_gate, read_gate
from swipestream.models.mlflow_record import sync
from swipestream.settings import ChampionSettings, ModelSettings
from udfs.model_bundle import (
    CHALLENGER,
    CHAMPION,
    POINTERS,
    Pointer,
    read_bundle,
    remove_pointer,
    write_pointer,
)

NO_REASON = "no reason given"


@dataclass(frozen=True)
class Outcome:
    """
    What a change did.

    :param name: of the pointer.
    :param before: the version it named before.
    :param after: the version it names now.
    :param is_new: False if it named that version already.
    :param unfinished: what is missing in MLflow, and the command that adds it.
    :param channels: of the decision policy that were changed with it.
    """

    name: Pointer
    before: str | None
    after: str | None
    is_new: bool
    unfinished: tuple[str, str] | None
    channels: int = 0


def promote(
    settings: ChampionSettings,
    version: str,
    actor: str,
    why: str = "",
    force: bool = False,
    in_mlflow: bool = True,
    with_policy: bool = False,
) -> Outcome:
    """
    Make a model the champion; running jobs follow within seconds.

    Done again, it completes what was interrupted: a row that is there is not written twice.

    :param version: of a bundle, or "challenger".
    :param force: although the gate did not let it pass; needs `why`.
    :param in_mlflow: False leaves the record to a later `swipestream model record`.
    :param with_policy: decide by the model's own thresholds from now on; the table policy_changes
        says by whom and why, too.
    :raises SwipestreamError: nothing was changed, or what was not completed; the champion goes on.
    """
    if force and not why:
        raise ChangeError("a forced promotion needs a reason", 'add --why "..."')
    with changing(settings) as audit:
        before = named(settings.models_dir, CHAMPION)
        version = resolve(settings.models_dir, version)
        check_usable(settings, version)
        _note_facts(settings, audit, version)
        command = f"swipestream model promote {version}"
        newest = newest_of(audit.changes(), OF_CHAMPIONS)
        noted = newest.to_version if newest else None
        content = _gate_if_readable(settings, version)
        # An existing row is from a promotion that was interrupted, or undone by hand.
        if noted != version and before == version:
            reason = why or "found as the champion"
            audit.add(PROMOTE, noted, version, actor, reason, content, force)
        elif noted != version:
            if not force:
                check_gate(version, read_gate(settings.models_dir, version), before, command)
            reason = why or "the gate let it pass"
            audit.add(PROMOTE, before, version, actor, reason, content, force)
        _point(settings, CHAMPION, before, version, command)
        if named(settings.models_dir, CHALLENGER) == version:
            _point(settings, CHALLENGER, version, None, command)
        channels = 0
        if with_policy:
            said = Reason(actor, why or "follows its promotion", f"thresholds of {version}")
            channels = audit.change_policy(champion_thresholds(settings.models_dir), said)
        unfinished = _record(settings, version) if in_mlflow else None
        return Outcome(CHAMPION, before, version, before != version, unfinished, channels)


def rollback(settings: ChampionSettings, actor: str, why: str = "") -> Outcome:
    """
    Make the champion before the present one the champion again; needs no verdict of the gate.

    :raises SwipestreamError: as `promote`; there is no champion before it, or it cannot be used.
    """
    with changing(settings) as audit:
        before = named(settings.models_dir, CHAMPION)
        changes = audit.changes()
        noted = _interrupted_rollback(changes, before)
        version = noted or _champion_before(changes, before)
        try:
            check_usable(settings, version)
        except UnusableModelError as error:
            raise UnusableModelError(
                f"the champion before cannot be used: {error.fact}",
                "choose another with `swipestream model list` and promote it",
            ) from None
        _note_facts(settings, audit, version)
        if noted is None:
            gate = _gate_if_readable(settings, version)
            audit.add(ROLLBACK, before, version, actor, why or NO_REASON, gate)
        _point(settings, CHAMPION, before, version, "swipestream model rollback")
        return Outcome(CHAMPION, before, version, True, _record(settings, version))


def challenge(
    settings: ChampionSettings, version: str, actor: str, why: str = "", force: bool = False
) -> Outcome:
    """
    Make a model the challenger: it scores every payment in the champion's shadow.

    :param force: although the gate did not let it pass; needs `why`.
    :raises SwipestreamError: as `promote`.
    """
    if force and not why:
        raise ChangeError("a forced challenger needs a reason", 'add --why "..."')
    command = f"swipestream model challenge {version}"
    with changing(settings) as audit:
        before = named(settings.models_dir, CHALLENGER)
        champion = named(settings.models_dir, CHAMPION)
        check_usable(settings, version)
        _note_facts(settings, audit, version)
        if version == champion:
            raise ChangeError(
                f"model {version} is the champion", "a challenger is another model than that"
            )
        if not force:
            check_gate(version, read_gate(settings.models_dir, version), champion, command)
        if before != version:
            gate = _gate_if_readable(settings, version)
            reason = why or "the gate let it pass"
            audit.add(CHALLENGE, before, version, actor, reason, gate, force)
        _point(settings, CHALLENGER, before, version, command)
        return Outcome(CHALLENGER, before, version, before != version, _record(settings, version))


def withdraw(settings: ChampionSettings, actor: str, why: str = "") -> Outcome:
    """
    End the challenger's scoring in the champion's shadow.

    :raises SwipestreamError: as `promote`; there is no challenger.
    """
    with changing(settings) as audit:
        before = named(settings.models_dir, CHALLENGER)
        if not (settings.models_dir / CHALLENGER).exists():
            raise ChangeError("there is no challenger", "see `swipestream model list`")
        audit.add(WITHDRAW, before, None, actor, why or NO_REASON)
        _point(settings, CHALLENGER, before or "", None, "swipestream model withdraw")
        return Outcome(CHALLENGER, before, None, True, _record(settings))


def resolve(models_dir: Path, version: str) -> str:
    """
    The version that "champion" or "challenger" stands for; any other text is a version.

    :raises ChangeError: there is no such one.
    """
    for name in POINTERS:
        if version == name:
            found = named(models_dir, name)
            if found is None:
                raise ChangeError(
                    f"there is no {name}", "name a version of `swipestream model list`"
                )
            return found
    return version


def _interrupted_rollback(changes: Sequence[Change], champion: str | None) -> str | None:
    """Where a rollback was to go that is noted and was not completed; None if there is none."""
    newest = newest_of(changes, OF_CHAMPIONS)
    if newest is None or newest.action != ROLLBACK:
        return None
    return newest.to_version if is_without_effect(newest, champion) else None


def _champion_before(changes: Sequence[Change], champion: str | None) -> str:
    """:raises ChangeError: there is none."""
    line = champions(changes, champion)
    if len(line) < 2:
        raise ChangeError(
            f"no champion before {champion} is known" if champion else "there is no champion",
            "choose a model with `swipestream model list` and promote it",
        )
    return line[-2]


def _note_facts(settings: ModelSettings, audit: Audit, version: str) -> None:
    """What dashboards hold against the payments that the model scores."""
    audit.note_facts(version, read_bundle(settings.models_dir / version).manifest)


def _gate_if_readable(settings: ModelSettings, version: str) -> dict[str, Any] | None:
    """The content of gate.json, for information only; None if it cannot be read."""
    try:
        gate = read_gate(settings.models_dir, version)
    except GateError:
        return None
    return gate.content if gate else None


def _point(
    settings: ModelSettings, name: Pointer, before: str | None, after: str | None, command: str
) -> None:
    """
    Let a pointer name a version, or nothing.

    :param command: completes the change if this fails.
    """
    if before == after:
        return
    try:
        if after is None:
            remove_pointer(settings.models_dir, name)
        else:
            write_pointer(settings.models_dir, name, after)
    except OSError as error:
        now = named(settings.models_dir, name) or "none"
        raise ChangeError(
            f"the {name} is still {now}: {settings.models_dir / name} cannot be written: "
            f"{error.strerror}",
            f"fix that, then run `{command}` again, which completes the change",
        ) from None


def _record(settings: ModelSettings, *versions: str) -> tuple[str, str] | None:
    """Bring MLflow up to date; a failure is reported and harms nothing."""
    try:
        sync(settings, versions)
    except RecordError as error:
        return error.fact, error.hint
    return None


def as_json(outcome: Outcome) -> dict[str, Any]:
    """For scripts."""
    return {
        "pointer": outcome.name,
        "before": outcome.before,
        "after": outcome.after,
        "is_new": outcome.is_new,
        **({"policy_channels_changed": outcome.channels} if outcome.channels else {}),
        "not_recorded": outcome.unfinished[0] if outcome.unfinished else None,
    }
