-- card_by_last_digits: Cards with alerts by their last four digits
--
-- Put the digits that the customer reads from the card in the place of 0000.
SELECT
    k.card,
    k.card_id,
    k.alert_count,
    k.block_count,
    k.highest_score,
    k.at_stake,
    k.currency,
    k.newest_alert_at
FROM dashboards.alerted_cards AS k
WHERE k.card_last4 = '0000'
ORDER BY k.highest_score DESC
