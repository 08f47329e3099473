-- refresh_roll_ups: adds what was stored since the last time to the roll-ups.
--
-- Grain:   one value, the number of rows of payment_sums that changed
-- Reads:   roll_up_frontier, payment_sums, payment_sums_between, score_counts_between,
--          model_feature_bins, model_changes, feature_counts_up_to, merchant_days,
--          merchant_days_between, latency_minutes, latency_minutes_between
-- Source:  a row counts ten seconds after it was stored: by then its transaction has ended. Rows
--          that appear even later are found when their hour is counted again after three days
CREATE FUNCTION dashboards.refresh_roll_ups() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    old dashboards.roll_up_frontier;
    new_stored timestamptz := CLOCK_TIMESTAMP() - INTERVAL '10 seconds';
    new_fine timestamp := DATE_TRUNC('hour', NOW() AT TIME ZONE 'UTC' - INTERVAL '3 days');
    begun timestamptz;
    changed bigint;
BEGIN
    INSERT INTO dashboards.roll_up_frontier (stored_up_to, fine_from)
    VALUES ('-infinity', new_fine) ON CONFLICT DO NOTHING;
    SELECT f.* INTO old FROM dashboards.roll_up_frontier AS f FOR UPDATE;

    INSERT INTO dashboards.payment_sums AS s
    SELECT b.*
    FROM dashboards.payment_sums_between(
        old.stored_up_to, new_stored, '-infinity', 'infinity', old.fine_from
    ) AS b
    ON CONFLICT (
        bucket_at, currency, channel, merchant_category, merchant_country, customer_group
    ) DO UPDATE SET
        payment_count = s.payment_count + excluded.payment_count,
        amount_cents = s.amount_cents + excluded.amount_cents,
        suspected_count = s.suspected_count + excluded.suspected_count,
        suspected_amount_cents = s.suspected_amount_cents + excluded.suspected_amount_cents,
        blocked_count = s.blocked_count + excluded.blocked_count;
    GET DIAGNOSTICS changed = ROW_COUNT;

    IF old.fine_from < new_fine THEN
        DELETE FROM dashboards.payment_sums
        WHERE bucket_at >= old.fine_from AND bucket_at < new_fine;
        INSERT INTO dashboards.payment_sums
        SELECT b.*
        FROM dashboards.payment_sums_between(
            '-infinity', new_stored, old.fine_from, new_fine, new_fine
        ) AS b;
    END IF;

    INSERT INTO dashboards.score_counts AS s
    SELECT b.*
    FROM dashboards.score_counts_between(old.stored_up_to, new_stored) AS b
    ON CONFLICT (
        day_at, role, champion_version, challenger_version, score_bin, is_simulated
    ) DO UPDATE SET
        payment_count = s.payment_count + excluded.payment_count,
        alert_count = s.alert_count + excluded.alert_count,
        shared_alert_count = s.shared_alert_count + excluded.shared_alert_count;

    -- A model that was just promoted has no payments of before: they need not be looked through.
    INSERT INTO dashboards.feature_frontier (model_version, stored_up_to)
    SELECT
        b.model_version,
        COALESCE(MIN(c.changed_at) - INTERVAL '1 hour', '-infinity')
    FROM model_feature_bins AS b
    LEFT JOIN model_changes AS c
        ON b.model_version = c.to_version AND c.action IN ('promote', 'rollback')
    GROUP BY b.model_version
    ON CONFLICT DO NOTHING;
    INSERT INTO dashboards.feature_counts AS c
    SELECT u.*
    FROM dashboards.feature_counts_up_to(new_stored) AS u
    ON CONFLICT (model_version, feature, day_at, bin_number) DO UPDATE SET
        payment_count = c.payment_count + excluded.payment_count;
    UPDATE dashboards.feature_frontier SET stored_up_to = new_stored;

    INSERT INTO dashboards.merchant_days AS m
    SELECT b.*
    FROM dashboards.merchant_days_between(old.stored_up_to, new_stored) AS b
    ON CONFLICT (day_at, merchant_id) DO UPDATE SET
        payment_count = m.payment_count + excluded.payment_count,
        small_count = m.small_count + excluded.small_count,
        high_count = m.high_count + excluded.high_count;

    INSERT INTO dashboards.latency_minutes
    SELECT b.*
    FROM dashboards.latency_minutes_between(
        (
            SELECT COALESCE(MAX(l.minute_at) + INTERVAL '1 minute', '-infinity')
            FROM dashboards.latency_minutes AS l
        ) AT TIME ZONE 'UTC',
        DATE_TRUNC('minute', new_stored)
    ) AS b;

    IF old.visits_due_at <= CLOCK_TIMESTAMP() THEN
        begun := CLOCK_TIMESTAMP();
        REFRESH MATERIALIZED VIEW CONCURRENTLY dashboards.victim_visits;
        REFRESH MATERIALIZED VIEW CONCURRENTLY dashboards.label_delays;
        DELETE FROM dashboards.merchant_days
        WHERE day_at < NOW() AT TIME ZONE 'UTC' - INTERVAL '35 days';
        UPDATE dashboards.roll_up_frontier
        SET visits_due_at = CLOCK_TIMESTAMP() + 100 * (CLOCK_TIMESTAMP() - begun);
    END IF;

    UPDATE dashboards.roll_up_frontier SET stored_up_to = new_stored, fine_from = new_fine;
    RETURN changed;
END
$$
