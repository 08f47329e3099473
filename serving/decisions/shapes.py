"""What requests and answers look like, for the OpenAPI document; `payments` does the checking."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

IDENTIFIER = r"^[A-Za-z0-9_.:-]{1,64}$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER, examples=["c-204"])]
Decision = Literal["approve", "review", "block"]
EPOCH_MS = (946_684_800_000, 4_102_444_800_000)
Milliseconds = Annotated[int, Field(ge=EPOCH_MS[0], le=EPOCH_MS[1])]


class PaymentRequest(BaseModel):
    """A payment to decide: the message of the payments topic."""

    model_config = ConfigDict(extra="forbid")

    transaction_id: Identifier = Field(description="unique for its card")
    card_id: Identifier = Field(
        description="a keyed hash of the card's number. Cards that begin with test- are a sandbox"
    )
    customer_id: Identifier
    merchant_id: Identifier
    amount_cents: int = Field(ge=0, le=100_000_000, description="in minor units of the currency")
    currency: Literal["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD"]
    channel: Literal["pos", "online", "atm"]
    latitude: float | None = Field(
        None, ge=-90, le=90, description="degrees; present or null as longitude is"
    )
    longitude: float | None = Field(
        None, ge=-180, le=180, description="degrees; present or null as latitude is"
    )
    device_id: Identifier | None = None
    card_last4: str | None = Field(None, pattern=r"^[0-9]{4}$", description="for people to read")
    event_ms: Milliseconds | None = Field(
        None,
        description="UTC milliseconds since 1970, at most 5 minutes ahead; now, if it is left out",
    )


class HistorySeen(BaseModel):
    """What of the card was seen."""

    payment_count: int = Field(description="payments of the card that were seen")
    on_their_way_count: int = Field(
        description="of these, answers of this API that the stream has not stored yet"
    )
    newest_ms: int | None = Field(description="time of the newest of them")


class DecisionAnswer(BaseModel):
    """The answer to a payment."""

    transaction_id: str
    card_id: str
    event_ms: int
    decision: Decision
    score: float | None = Field(
        description="probability of fraud, 0 to 1; null if the rules decided"
    )
    reasons: list[str] = Field(
        description="the team's rules behind it, then what speaks for fraud, most telling first"
    )
    rules_fired: list[str] = Field(description="names of the team's live rules that fired")
    is_degraded: bool = Field(description="decided without a score, a policy or the history")
    degraded_by: Literal["model", "policy", "database", "time", "features"] | None = Field(
        description="what was away; time: the answer would have come too late"
    )
    model_version: str | None
    rules_version: int | None = Field(description="of the team's rules; null without rules")
    policy_version: int | None
    pipeline_version: str = Field(description="a hash of the SQL that made the features")
    history: HistorySeen | None = Field(description="null if it was not seen")
    features: dict[str, Any] = Field(description="every feature by name, as in scored_payments")
    decided_at: str = Field(description="UTC, ISO 8601")


class GivenDecision(BaseModel):
    """An answer, and what the stream made of the same payment."""

    card_id: str
    answer: DecisionAnswer | None = Field(description="null if it was not asked for here")
    outcome: Literal["scored", "duplicate", "conflict", "rejected"] | None = Field(
        description="of its message in the stream; null while it is on its way"
    )
    stored: dict[str, Any] | None = Field(description="the row of scored_payments")
    differing: list[str] | None = Field(
        description="features, score and decision in which the two differ; null without both"
    )


class CardFeatures(BaseModel):
    """What a payment of a card would see."""

    card_id: str
    as_of_ms: int
    history: HistorySeen
    features: dict[str, Any]


class PaymentsFound(BaseModel):
    """Stored payments, the newest first."""

    payments: list[dict[str, Any]]


class Outcome(BaseModel):
    """What turned out about a payment."""

    model_config = ConfigDict(extra="forbid")

    transaction_id: Identifier
    is_fraud: bool
    reason: Identifier | None = None
    labelled_ms: Milliseconds | None = Field(
        None, description="when it became known; now, if it is left out"
    )


class Accepted(BaseModel):
    """The outcome is in the topic of labels."""

    transaction_id: str
    labelled_ms: int


class Alive(BaseModel):
    """The process answers."""

    is_alive: bool


class Health(BaseModel):
    """What is there."""

    is_ready: bool
    database: bool
    kafka: bool
    model_version: str | None


class Refusal(BaseModel):
    """Why there is no answer."""

    field: str = Field(description="of the request; empty if it is about none")
    fact: str
    hint: str
