-- shadow_scores: the scores of a champion and a challenger on the payments that both have scored.
--
-- Grain:   one row per payment
-- Reads:   scored_payments, current_labels
-- Units:   scores in [0, 1]; card_code differs between cards; channel_code is the position in
--          CHANNELS of swipestream/models/decision_policy.py; is_mature and is_fraud are 0 or 1
-- Source:  a mature payment without a label counts as good: by then its fraud would be known
WITH asked (champion, challenger, since, mature_until) AS (
    VALUES (%(champion)s, %(challenger)s, %(since)s, %(mature_until)s)
)

SELECT
    HASHTEXT(payments.card_id) AS card_code,
    CASE payments.channel WHEN 'pos' THEN 0 WHEN 'online' THEN 1 ELSE 2 END AS channel_code,
    payments.score,
    payments.challenger_score,
    CASE WHEN payments.event_time < asked.mature_until THEN 1 ELSE 0 END AS is_mature,
    CASE WHEN known.is_fraud THEN 1 ELSE 0 END AS is_fraud
FROM asked
INNER JOIN scored_payments AS payments
    ON
        asked.champion = payments.model_version
        AND asked.challenger = payments.challenger_version
        AND asked.since <= payments.event_time
LEFT JOIN current_labels AS known ON payments.transaction_id = known.transaction_id
WHERE payments.score IS NOT NULL AND payments.challenger_score IS NOT NULL
