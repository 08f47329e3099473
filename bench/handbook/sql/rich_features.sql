-- rich_features: what a pipeline like this one can know about each payment when it is made.
--
-- Grain:   one row per payment_id
-- Reads:   payments, card_activity, card_habits, card_oddities, terminal_risk
-- Window:  those of the tables it reads; a terminal's risk is that of an hour before the payment
-- Units:   *_cents are minor units of the currency; ratios have no unit; NULL means unknown
-- Source:  ratios to the card's own mean: Bahnsen et al. 2016, doi:10.1016/j.eswa.2015.12.030
CREATE TEMPORARY TABLE rich_features AS
SELECT
    payments.payment_id,
    payments.amount_cents,
    HOUR(payments.event_time) AS local_hour,
    ISODOW(payments.event_time) AS local_weekday,
    card_activity.seconds_since_previous,
    card_activity.card_txn_count_1h,
    card_activity.card_txn_count_24h,
    card_activity.card_txn_count_7d,
    card_activity.card_txn_count_30d,
    card_activity.card_amount_cents_1h,
    card_activity.card_amount_cents_24h,
    card_activity.card_amount_cents_7d,
    card_activity.card_amount_cents_30d,
    card_activity.amount_to_card_mean_1h,
    card_activity.amount_to_card_mean_24h,
    card_activity.amount_to_card_mean_7d,
    card_activity.amount_to_card_mean_30d,
    card_habits.card_usual_cents_90d,
    card_habits.amount_to_card_usual_90d,
    card_oddities.card_odd_count_24h,
    card_oddities.card_odd_count_7d,
    card_oddities.card_odd_count_14d,
    card_oddities.card_very_odd_count_14d,
    card_oddities.card_highest_to_usual_14d,
    card_oddities.card_txn_count_14d,
    card_oddities.card_days_since_odd_21d,
    card_oddities.card_days_since_oldest_odd_21d,
    terminal_risk.terminal_txn_count_1d,
    terminal_risk.terminal_txn_count_7d,
    terminal_risk.terminal_txn_count_28d,
    terminal_risk.terminal_fraud_rate_28d,
    terminal_risk.terminal_days_since_fraud,
    terminal_risk.terminal_known_count_1d,
    terminal_risk.terminal_known_count_7d,
    terminal_risk.terminal_known_count_28d,
    terminal_risk.terminal_known_fraud_rate_1d,
    terminal_risk.terminal_known_fraud_rate_7d,
    terminal_risk.terminal_known_fraud_rate_28d,
    terminal_risk.terminal_days_since_oldest_fraud_28d,
    terminal_risk.terminal_days_since_good,
    terminal_risk.terminal_fraud_to_usual_28d,
    terminal_risk.terminal_run_count,
    terminal_risk.terminal_run_days,
    terminal_risk.terminal_run_to_usual
FROM payments
INNER JOIN card_activity ON payments.payment_id = card_activity.payment_id
INNER JOIN card_habits ON payments.payment_id = card_habits.payment_id
INNER JOIN card_oddities ON payments.payment_id = card_oddities.payment_id
INNER JOIN terminal_risk
    ON
        payments.terminal_id = terminal_risk.terminal_id
        AND payments.risk_hour_ms = terminal_risk.hour_ms
