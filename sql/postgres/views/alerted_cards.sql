-- alerted_cards: the cards that have alerts, to choose one from.
--
-- Grain:   one row per card (card_id)
-- Reads:   alerts
-- Units:   highest_score from 0 to 100; at_stake adds up score times amount, in the currency of
--          the card; newest_alert_at in UTC
-- Source:  card is how the card is called on the pages, card_link leads to its time line
CREATE VIEW dashboards.alerted_cards AS
WITH cards AS (
    SELECT
        a.card_id,
        MAX(a.card_last4) AS card_last4,
        MAX(a.home_country) AS home_country,
        MAX(a.currency) AS currency,
        COUNT(*) AS alert_count,
        COUNT(*) FILTER (WHERE a.decision = 'block') AS block_count,
        MAX(a.score) AS highest_score,
        SUM(COALESCE(a.score, 1) * a.amount_cents) AS cents_at_stake,
        MAX(a.event_time) AS newest_alert_at
    FROM alerts AS a
    GROUP BY a.card_id
),

labeled AS (
    SELECT
        c.card_id,
        c.card_last4,
        c.home_country,
        c.currency,
        c.alert_count,
        c.block_count,
        c.highest_score,
        c.cents_at_stake,
        c.newest_alert_at,
        dashboards.card_label(c.card_id, c.card_last4, c.home_country) AS card
    FROM cards AS c
)

SELECT
    card_id,
    card,
    dashboards.card_link(card, card_last4) AS card_link,
    card_last4,
    dashboards.country_name(home_country) AS home_country,
    currency,
    alert_count,
    block_count,
    ROUND(highest_score::numeric * 100, 1)::double precision AS highest_score,
    ROUND(cents_at_stake::numeric / 100, 2)::double precision AS at_stake,
    newest_alert_at
FROM labeled
