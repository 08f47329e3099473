"""Payments and labels as the messages of the topics: compact JSON, always the same bytes."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from simulator.columns import CHANNELS, ONLINE_CHANNEL, Columns, Payment
from simulator.draws import Integers
from simulator.genuine import Setting
from simulator.labels import Label
from simulator.places import STEPS

CURRENCY = "EUR"
SOURCE = "simulator"
PAYMENT_FIELDS = (
    "transaction_id", "card_id", "customer_id", "merchant_id", "amount_cents", "currency",
    "channel", "latitude", "longitude", "device_id", "card_last4", "event_ms",
)  # fmt: skip
LABEL_FIELDS = (
    "transaction_id", "is_fraud", "reason", "scenario", "event_ms", "labelled_ms", "source",
)  # fmt: skip


def compact(message: dict[str, Any]) -> bytes:
    """One JSON object without spaces, UTF-8."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def label_line(transaction_id: str, label: Label, event_ms: int, labelled_ms: int) -> bytes:
    """
    The message of a label.

    :param event_ms: time of the payment.
    :param labelled_ms: when the label became known.
    """
    values = (
        transaction_id,
        label.is_fraud,
        label.reason,
        label.scenario,
        event_ms,
        labelled_ms,
        SOURCE,
    )
    return compact(dict(zip(LABEL_FIELDS, values, strict=True)))


def device_id(device: int) -> str | None:
    """:param device: 48 bits, 0 for none."""
    return f"d-{device:012x}" if device else None


def history_ids(seed: int, end_ms: int, count: int) -> list[str]:
    """
    Identifiers of the payments of a world's history, in their order.

    :param end_ms: where the history ends; the same people at another time make other payments.
    """
    return [f"p-{seed}-{end_ms:x}-{number:08d}" for number in range(count)]


class PaymentWriter:
    """Writes the messages of one world's payments; what never changes is put together once."""

    def __init__(self, setting: Setting) -> None:
        """:param setting: the world of the payments."""
        people, shops = setting.people, setting.shops
        self._cards = [
            f'","card_id":"{card}","customer_id":"{customer}","merchant_id":"'
            for card, customer in zip(people.card_ids, people.customer_ids, strict=True)
        ]
        self._merchants = [f'{merchant}","amount_cents":' for merchant in shops.merchant_ids]
        self._channels = [
            f',"currency":"{CURRENCY}","channel":"{name}","latitude":' for name in CHANNELS
        ]
        self._ends = [f',"card_last4":"{last4}","event_ms":' for last4 in people.card_last4]

    def line(self, transaction_id: str, payment: Payment) -> bytes:
        """The message of one payment."""
        return next(self._lines((transaction_id,), (payment,)))

    def lines(self, payments: Columns, ids: list[str]) -> Iterator[bytes]:
        """
        The message of each payment.

        :param ids: transaction identifiers.
        """
        columns = (getattr(payments, name).tolist() for name in Payment._fields)
        return self._lines(ids, zip(*columns, strict=True))

    def _lines(self, ids: Iterable[str], payments: Iterable[tuple[int, ...]]) -> Iterator[bytes]:
        cards, merchants, channels, ends = self._cards, self._merchants, self._channels, self._ends
        for transaction_id, (
            event_ms, customer, merchant, cents, channel, latitude, longitude, device,
        ) in zip(ids, payments, strict=True):  # fmt: skip
            if channel == ONLINE_CHANNEL:
                place = 'null,"longitude":null'
            else:
                place = f'{latitude / STEPS},"longitude":{longitude / STEPS}'
            tool = f'"d-{device:012x}"' if device else "null"
            yield (
                f'{{"transaction_id":"{transaction_id}{cards[customer]}{merchants[merchant]}'
                f'{cents}{channels[channel]}{place},"device_id":{tool}{ends[customer]}{event_ms}}}'
            ).encode()


def payment_table(setting: Setting, payments: Columns, ids: list[str]) -> Any:
    """The same as a pyarrow Table, columns in the order of the message."""
    import pyarrow as pa

    people, shops = setting.people, setting.shops

    def named(names: list[str], index: Integers) -> Any:
        return pa.array(names, pa.string()).take(pa.array(index))

    is_online = payments.channel == ONLINE_CHANNEL
    return pa.table(
        {
            "transaction_id": pa.array(ids, pa.string()),
            "card_id": named(people.card_ids, payments.customer),
            "customer_id": named(people.customer_ids, payments.customer),
            "merchant_id": named(shops.merchant_ids, payments.merchant),
            "amount_cents": pa.array(payments.amount_cents, pa.int64()),
            "currency": named([CURRENCY], np.zeros(len(payments), np.int64)),
            "channel": named(list(CHANNELS), payments.channel),
            "latitude": pa.array(payments.latitude / STEPS, pa.float64(), mask=is_online),
            "longitude": pa.array(payments.longitude / STEPS, pa.float64(), mask=is_online),
            "device_id": pa.array(
                [device_id(device) for device in payments.device.tolist()], pa.string()
            ),
            "card_last4": named(people.card_last4, payments.customer),
            "event_ms": pa.array(payments.event_ms, pa.int64()),
        }
    )
