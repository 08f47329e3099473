-- A topic that is deleted and made anew counts its offsets from 0 again: a place in it is another
-- message than the same place in the topic before.

CREATE TABLE topic_beginnings (
    kafka_topic text NOT NULL,
    -- Kafka's own, which no other topic has.
    topic_id text NOT NULL,
    -- When its first message arrived, UTC; the epoch of the first topic that was noted.
    begins_at timestamp(3) NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    PRIMARY KEY (kafka_topic, topic_id)
);

-- Since when what is stored of a topic is of the one that has the name now.
CREATE FUNCTION topic_begins_at(name text) RETURNS timestamp(3)
LANGUAGE sql STABLE
RETURN COALESCE(
    (
        SELECT t.begins_at
        FROM topic_beginnings AS t
        WHERE name = t.kafka_topic
        ORDER BY t.noted_at DESC
        LIMIT 1
    ),
    timestamp 'epoch'
);
