-- Messages that were sent to the topic again, and what recomputing features in this database needs.

ALTER TABLE rejected_payments ADD COLUMN redriven_at timestamptz;

CREATE TABLE redriven_messages (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    -- Where the message is now; its outcome is the outcome of that place.
    new_partition integer NOT NULL,
    new_offset bigint NOT NULL,
    redriven_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset, new_partition, new_offset)
);

-- COUNT(DISTINCT text) as a window function, which PostgreSQL lacks. The state holds the window's
-- values in order; a row that leaves the window is always the first.
CREATE FUNCTION count_distinct_leave(state text[], text) RETURNS text[]  -- noqa: CP03
LANGUAGE sql IMMUTABLE
RETURN state[2:];

CREATE FUNCTION count_distinct_answer(state text[]) RETURNS bigint  -- noqa: CP03
LANGUAGE sql IMMUTABLE
RETURN (SELECT COUNT(DISTINCT value) FROM UNNEST(state) AS value);

CREATE AGGREGATE count_distinct(text) (
    SFUNC = ARRAY_APPEND,
    STYPE = text[],
    INITCOND = '{}',
    FINALFUNC = count_distinct_answer,
    MSFUNC = ARRAY_APPEND,
    MINVFUNC = count_distinct_leave,
    MSTYPE = text[],
    MINITCOND = '{}',
    MFINALFUNC = count_distinct_answer
);
