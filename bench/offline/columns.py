"""What both programs compute for each payment, so that their files can be compared."""

from bench.streaming.peers.card_history import History

COLUMNS = ("transaction_id", *History._fields)
