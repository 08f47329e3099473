-- note_sent_later: say of some decisions that their messages were sent after others of their card.
--
-- Grain:   one row per decision
-- Reads:   decisions
UPDATE decisions SET is_sent_later = TRUE
FROM unnest(%(transaction_ids)s::text [], %(card_ids)s::text []) AS sent (transaction_id, card_id)
WHERE
    decisions.transaction_id = sent.transaction_id
    AND decisions.card_id = sent.card_id
