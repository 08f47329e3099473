"""What a verdict may be and why: the words that analysts choose from, as labels have them."""

from dataclasses import dataclass

from swipestream.cases.errors import VerdictError
from swipestream.sending.field_kinds import IDENTIFIER
from swipestream.sending.payment_checks import FORM

FRAUD, GENUINE = "fraud", "genuine"
VERDICTS = (FRAUD, GENUINE)
# A label's source is one of these with a name behind it.
OF_ANALYSTS, OF_COMMAND_LINE = "analyst", "cli"


@dataclass(frozen=True)
class Reason:
    """
    :param code: as it is stored, and as the label has it.
    :param words: as the desk shows it.
    """

    code: str
    words: str


REASONS: dict[str, tuple[Reason, ...]] = {
    FRAUD: (
        Reason("stolen_card", "Stolen or lost card"),
        Reason("leaked_card", "Leaked card data"),
        Reason("account_takeover", "Account takeover"),
        Reason("card_testing", "Card testing"),
        Reason("counterfeit_card", "Copied card"),
        Reason("merchant_fraud", "The merchant's fraud"),
        Reason("other_fraud", "Other fraud"),
    ),
    GENUINE: (
        Reason("customer_confirmed", "The customer confirmed it"),
        Reason("usual_for_card", "Usual for this card"),
        Reason("travel", "The customer travels"),
        Reason("known_device", "A device or merchant known to be good"),
        Reason("other_genuine", "Another reason"),
    ),
}
WORDS = {reason.code: reason.words for reasons in REASONS.values() for reason in reasons}


def check_verdict(verdict: str, reason: str) -> None:
    """
    :param verdict: fraud or genuine.
    :param reason: a code.
    :raises VerdictError: another word, or a reason that does not belong to it.
    """
    if verdict not in VERDICTS:
        raise VerdictError("the verdict is missing", f"choose {' or '.join(VERDICTS)}")
    known = [item.code for item in REASONS[verdict]]
    if not reason:
        raise VerdictError("the verdict has no reason", "choose one of the reasons")
    if reason not in known:
        raise VerdictError(
            f"{reason[:60]} is not a reason for {verdict}", f"choose one of {', '.join(known)}"
        )


def source_of(kind: str, name: str) -> str:
    """
    Who a label is from, as the topic has it.

    :param kind: `OF_ANALYSTS` or `OF_COMMAND_LINE`.
    :param name: of a person; what a source may not have becomes a dash.
    """
    source = f"{kind}.{name}"
    if not IDENTIFIER.match(source):
        source = "".join(letter if IDENTIFIER.match(letter) else "-" for letter in source)[:64]
    assert IDENTIFIER.match(source), FORM
    return source
