"""A newly trained model: proposed as its gate says, noted in the audit, recorded in MLflow."""

from dataclasses import dataclass

from swipestream.models.audit import REFUSE, changing, open_audit
from swipestream.models.bundles import check_exists, named
from swipestream.models.changing_models import NO_REASON, challenge, promote
from swipestream.models.errors import RecordError
from swipestream.models.gate_verdict import GateVerdict, read_gate
from swipestream.models.mlflow_record import sync
from swipestream.settings import ChampionSettings, ModelSettings
from udfs.model_bundle import CHALLENGER, CHAMPION


@dataclass(frozen=True)
class Recorded:
    """
    What became of a model.

    :param fact: one line, such as "model m-... is the challenger".
    :param is_new: whether this changed a pointer or the audit.
    :param unfinished: what is missing in MLflow, and the command that adds it.
    """

    version: str
    fact: str
    is_new: bool
    unfinished: tuple[str, str] | None


def record(
    settings: ChampionSettings,
    version: str,
    actor: str,
    why: str = "",
    at_once: bool | None = None,
) -> Recorded:
    """
    Propose a model that nobody has decided about yet, and record it in MLflow.

    Passed and there is no champion: it becomes the champion. Passed against the present champion:
    it becomes the challenger. Refused: that is noted. Nobody judged it: it becomes the champion if
    there is none. A model that the audit knows already is recorded in MLflow only; doing this twice
    is the same as once.

    :raises SwipestreamError: there is no such model, it cannot be used, or the database is away;
        nothing was changed, and doing it again completes it.
    """
    check_exists(settings.models_dir, version)
    verdict = read_gate(settings.models_dir, version)
    champion = named(settings.models_dir, CHAMPION)
    if at_once is False:
        return Recorded(version, standing(settings, version), False, _sync(settings, version))
    with open_audit(settings) as audit:
        is_known = any(change.to_version == version for change in audit.changes())
    if is_known:
        return Recorded(version, standing(settings, version), False, _sync(settings, version))
    if version == champion:
        outcome = promote(settings, version, actor, why)
    elif champion is None and (verdict is None or verdict.is_passed):
        reason = why or "the first model"
        outcome = promote(settings, version, actor, reason, force=verdict is None)
    elif verdict is not None and verdict.is_passed and verdict.against == champion:
        outcome = (promote if at_once else challenge)(settings, version, actor, why)
    else:
        is_refused = verdict is not None and not verdict.is_passed
        if verdict is not None and is_refused:
            with changing(settings) as audit:
                reasons = "; ".join(verdict.reasons) or why or NO_REASON
                audit.add(REFUSE, None, version, actor, reasons, verdict.content)
        fact = _not_proposed(version, verdict, champion)
        return Recorded(version, fact, is_refused, _sync(settings, version))
    return Recorded(version, standing(settings, version), True, outcome.unfinished)


def standing(settings: ModelSettings, version: str) -> str:
    """What a model is at present, as a sentence."""
    for name in (CHAMPION, CHALLENGER):
        if named(settings.models_dir, name) == version:
            return f"model {version} is the {name}"
    return f"model {version} is neither champion nor challenger"


def _not_proposed(version: str, verdict: GateVerdict | None, champion: str | None) -> str:
    if verdict is None:
        return f"model {version} is not proposed: it has no verdict of the gate"
    if not verdict.is_passed:
        return f"model {version} is not proposed: the gate refused it"
    return (
        f"model {version} is not proposed: it passed the gate against "
        f"{verdict.against or 'no champion'}, but the champion is {champion}"
    )


def _sync(settings: ModelSettings, version: str) -> tuple[str, str] | None:
    try:
        sync(settings, (version,))
    except RecordError as error:
        return error.fact, error.hint
    return None
