-- fill_alert_reasons: why the made-up alerts are alerts.
--
-- Grain:   one row per alert and reason
-- Reads:   alerts
-- Units:   as alert_reasons
-- Source:  as many rows as the follower writes, with words as long as its own
INSERT INTO alert_reasons (
    transaction_id, card_id, rank, kind, code, text, contribution, score, model_version,
    codes_version
)
SELECT
    a.transaction_id,
    a.card_id,
    told.rank,
    told.kind,
    told.code,
    told.text,
    told.contribution,
    a.score,
    a.model_version,
    1 AS codes_version
FROM alerts AS a
CROSS JOIN (
    VALUES
    (1, 'for', 'R02', '4 payments within 5 minutes at 4 merchants', 2.1),
    (2, 'for', 'R01', '12 times the card''s mean of 7 days', 1.4),
    (3, 'for', 'R08', 'a device that is not the usual one', 0.6),
    (4, 'against', 'R12', 'an account opened 4 years ago', -0.4),
    (5, 'rest', '', '', 0.2),
    (6, 'base', '', '', -5.0)
) AS told (rank, kind, code, text, contribution)
