"""The gate's verdict about a model, written beside its bundle when it was trained."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swipestream.models.errors import GateError

GATE_FILE = "gate.json"
PASSED, REFUSED = "passed", "refused"


@dataclass(frozen=True)
class GateVerdict:
    """
    Whether a model was better than the champion of its day.

    :param verdict: `PASSED` or `REFUSED`.
    :param reasons: why it was refused, a line each.
    :param against: version of the champion it was measured against; None if there was none.
    :param content: everything in the file, NaN as None.
    """

    verdict: str
    reasons: tuple[str, ...]
    against: str | None
    content: dict[str, Any]

    @property
    def is_passed(self) -> bool:
        """Whether it may become the champion, as far as the gate can tell."""
        return self.verdict == PASSED


def read_gate(models_dir: Path, version: str) -> GateVerdict | None:
    """
    The verdict about a model, or None if nobody has judged it.

    :raises GateError: the file is there and makes no sense.
    """
    path = models_dir / version / GATE_FILE
    try:
        # Postgres knows no NaN in JSON.
        content = json.loads(path.read_text("utf-8"), parse_constant=lambda name: None)
        against = content.get("against")
        verdict = GateVerdict(
            str(content["verdict"]),
            tuple(str(reason) for reason in content.get("reasons") or ()),
            None if against is None else str(against),
            content,
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GateError(
            f"{path} cannot be read: {type(error).__name__}: {error}",
            "train the model again with `swipestream train`",
        ) from None
    if verdict.verdict not in (PASSED, REFUSED):
        raise GateError(
            f"{path} has the verdict {verdict.verdict[:40]!r}, which is neither {PASSED} nor "
            f"{REFUSED}",
            "train the model again with `swipestream train`",
        )
    return verdict


def check_gate(
    version: str, verdict: GateVerdict | None, champion: str | None, command: str
) -> None:
    """
    Find out whether the gate lets a model take the present champion's place.

    :param champion: the present one.
    :param command: that makes the change; shown with what forces it.
    :raises GateError: refused, never judged, or judged against a champion that has gone.
    """
    forced = f'to change it all the same: `{command} --force --why "..."`'
    if verdict is None:
        raise GateError(f"model {version} has no verdict of the gate", forced)
    if not verdict.is_passed:
        raise GateError(
            f"the gate refused model {version}: {'; '.join(verdict.reasons) or 'no reason given'}",
            forced,
        )
    if champion is not None and verdict.against != champion:
        rival = verdict.against or "no champion"
        raise GateError(
            f"model {version} passed the gate against {rival}, but the champion is {champion}",
            f"train again, which measures it against {champion}; {forced}",
        )
