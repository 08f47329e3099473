-- score_counts_between: rows of score_counts, counted from the payments themselves.
--
-- Grain:   as in score_counts
-- Reads:   scored_payments, decision_policies, simulated_runs
-- Units:   as in score_counts
-- Source:  a function, so that the planner knows the times and uses their index. Both models alert
--          from the channel's review threshold on, the one in force when this runs
CREATE FUNCTION dashboards.score_counts_between(
    stored_after timestamptz, stored_up_to timestamptz
) RETURNS SETOF dashboards.score_counts  -- noqa: CP05
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
    WITH scored AS (
        SELECT
            DATE_TRUNC('day', p.event_time) AS day_at,
            COALESCE(p.model_version, 'unknown') AS champion,
            CASE
                WHEN p.challenger_score IS NULL THEN 'none'
                ELSE COALESCE(p.challenger_version, 'unknown')
            END AS challenger,
            LEAST(FLOOR(p.score * 1000), 999)::integer AS champion_bin,
            LEAST(FLOOR(p.challenger_score * 1000), 999)::integer AS challenger_bin,
            EXISTS (
                SELECT 1 FROM simulated_runs AS r
                WHERE p.transaction_id LIKE r.id_pattern
            ) AS is_simulated,
            COALESCE(p.score >= d.review_score, FALSE) AS is_champions_alert,
            COALESCE(p.challenger_score >= d.review_score, FALSE) AS is_challengers_alert
        FROM scored_payments AS p
        LEFT JOIN decision_policies AS d ON p.channel = d.channel
        WHERE p.stored_at > $1 AND p.stored_at <= $2 AND p.score IS NOT NULL
    )

    SELECT
        s.day_at,
        'champion',
        s.champion,
        s.challenger,
        s.champion_bin,
        s.is_simulated,
        COUNT(*),
        COUNT(*) FILTER (WHERE s.is_champions_alert),
        COUNT(*) FILTER (WHERE s.is_champions_alert AND s.is_challengers_alert)
    FROM scored AS s
    GROUP BY s.day_at, s.champion, s.challenger, s.champion_bin, s.is_simulated
    UNION ALL
    SELECT
        s.day_at,
        'challenger',
        s.champion,
        s.challenger,
        s.challenger_bin,
        s.is_simulated,
        COUNT(*),
        COUNT(*) FILTER (WHERE s.is_challengers_alert),
        COUNT(*) FILTER (WHERE s.is_champions_alert AND s.is_challengers_alert)
    FROM scored AS s
    WHERE s.challenger <> 'none'
    GROUP BY s.day_at, s.champion, s.challenger, s.challenger_bin, s.is_simulated;
END
$$
