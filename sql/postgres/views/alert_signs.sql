-- alert_signs: what stands out in a payment, as the decision API tells it, at most three signs.
--
-- Grain:   one text per payment
-- Units:   km, km/h and seconds as in alerts; windows as their names say
-- Source:  for an answer that cannot wait for the reasons of alert_reasons: docs/reasons.md
CREATE FUNCTION dashboards.alert_signs(alert alerts, home_city text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT COALESCE(
        NULLIF(
            ARRAY_TO_STRING(
                (ARRAY_REMOVE(
                    ARRAY[
                        CASE
                            WHEN alert.kmh_from_previous > 900 AND alert.km_from_previous > 100
                                THEN FORMAT(
                                    '%s km from the previous payment, %s earlier',
                                    TO_CHAR(ROUND(alert.km_from_previous), 'FM999,990'),
                                    CASE
                                        WHEN alert.seconds_since_previous < 120
                                            THEN ROUND(alert.seconds_since_previous) || ' s'
                                        WHEN alert.seconds_since_previous < 2 * 3600
                                            THEN ROUND(alert.seconds_since_previous / 60) || ' min'
                                        ELSE ROUND(alert.seconds_since_previous / 3600) || ' h'
                                    END
                                )
                        END,
                        CASE
                            WHEN alert.card_txn_count_5m >= 2 AND alert.card_merchant_count_5m > 1
                                THEN FORMAT(
                                    '%s payments within 5 minutes at %s merchants',
                                    alert.card_txn_count_5m + 1, alert.card_merchant_count_5m
                                )
                            WHEN alert.card_txn_count_5m >= 2
                                THEN FORMAT(
                                    '%s payments within 5 minutes', alert.card_txn_count_5m + 1
                                )
                        END,
                        CASE
                            WHEN alert.amount_to_card_mean_7d >= 3
                                THEN FORMAT(
                                    '%s times the card''s mean of the week',
                                    ROUND(alert.amount_to_card_mean_7d)
                                )
                        END,
                        CASE
                            WHEN alert.is_usual_device = 0
                                THEN 'a device that is not the usual one'
                        END,
                        CASE
                            WHEN alert.is_foreign = 1 AND alert.km_from_home > 100
                                THEN FORMAT(
                                    '%s km from home in %s',
                                    TO_CHAR(ROUND(alert.km_from_home), 'FM999,990'),
                                    COALESCE(home_city, 'unknown')
                                )
                        END,
                        CASE WHEN alert.is_foreign = 1 THEN 'a merchant abroad' END,
                        CASE WHEN alert.is_night = 1 THEN 'at night where the customer lives' END,
                        CASE
                            WHEN alert.card_txn_count_24h >= 3
                                THEN FORMAT(
                                    '%s payments within a day', alert.card_txn_count_24h + 1
                                )
                        END
                    ],
                    NULL
                ))[1:3],
                '; '
            ),
            ''
        ),
        'nothing single stands out, the whole pattern does'
    )
$$
