-- What training found out about each model that was put forward, to hold against what happens.

CREATE TABLE model_facts (
    model_version text PRIMARY KEY,
    -- On the test part, payments later than all that the model has seen.
    average_precision double precision,
    -- What its thresholds were chosen for: so many looks a day or, if that is NULL, such a share of
    -- the payments.
    reviews_per_day double precision,
    review_share double precision,
    -- Payments of the test part by tenth of score, the lowest first.
    test_score_bands bigint[] CHECK (CARDINALITY(test_score_bands) = 10)
);
