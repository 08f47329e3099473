-- fill_drift: what the made-up models learned from, and what was noticed.
--
-- Grain:   one row per model and feature; one event
-- Units:   as model_feature_bins and drift_events
-- Source:  one feature that stays as it was learned, and one that has moved
WITH bins AS (
    INSERT INTO model_feature_bins (
        model_version, feature, kind, importance, edges, unknown_share, shares, usual_psi
    )
    SELECT
        version,
        feature,
        'numeric',
        0.5,
        edges::double precision [],
        0,
        shares::double precision [],
        0.01
    FROM (VALUES ('m-made-up-1'), ('m-made-up-2')) AS models (version)
    CROSS JOIN (
        VALUES
        ('amount_cents', '{1200,2500,5000}', '{0.26,0.25,0.25,0.24}'),
        ('local_hour', '{5,11,17}', '{0.1,0.2,0.3,0.4}')
    ) AS features (feature, edges, shares)
)

INSERT INTO drift_events (
    event_id, kind, signal, subject, model_version, began_at, fired_at, value, limit_value, text
)
SELECT
    'made-up',
    'drift',
    'feature',
    'local_hour',
    'm-made-up-2',
    NOW() AT TIME ZONE 'UTC' - INTERVAL '1 day',
    NOW() AT TIME ZONE 'UTC' - INTERVAL '2 hours',
    0.2,
    0.03,
    'local_hour has moved from what the model learned from'
