-- true_frauds: stored payments that the demo's simulator made as fraud, whether labeled or not.
--
-- Grain:   one row per payment (transaction_id, card_id); none without a demo
-- Reads:   simulated_frauds, scored_payments
-- Units:   as in scored_payments
-- Source:  swipestream/demo/known_truth.py; a label may take weeks
CREATE VIEW dashboards.true_frauds AS
SELECT
    p.transaction_id,
    p.event_time,
    p.score,
    p.model_version,
    p.decision
FROM simulated_frauds AS f
INNER JOIN scored_payments AS p ON f.transaction_id = p.transaction_id
