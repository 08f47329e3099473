-- How far any table knows a partition of the payments topic.

-- The last offset below another one, without what is of an earlier topic of that name; NULL if
-- there is none. Each table is asked for its last one, which its index answers at once.
CREATE FUNCTION last_known_offset(topic text, partition_number integer, below bigint)
RETURNS bigint
LANGUAGE sql STABLE
RETURN GREATEST(
    (
        SELECT MAX(s.kafka_offset)
        FROM scored_payments AS s
        WHERE
            partition_number = s.kafka_partition
            AND below > s.kafka_offset
            AND (SELECT topic_begins_at(topic)) <= s.arrived_at
    ),
    (
        SELECT MAX(d.kafka_offset)
        FROM duplicate_payments AS d
        WHERE
            topic = d.kafka_topic
            AND partition_number = d.kafka_partition
            AND below > d.kafka_offset
            AND ((SELECT topic_begins_at(topic)) <= d.arrived_at) IS NOT FALSE
    ),
    (
        SELECT MAX(c.kafka_offset)
        FROM conflicting_payments AS c
        WHERE
            topic = c.kafka_topic
            AND partition_number = c.kafka_partition
            AND below > c.kafka_offset
            AND ((SELECT topic_begins_at(topic)) <= c.arrived_at) IS NOT FALSE
    ),
    (
        SELECT MAX(r.kafka_offset)
        FROM rejected_payments AS r
        WHERE
            topic = r.kafka_topic
            AND partition_number = r.kafka_partition
            AND below > r.kafka_offset
            AND ((SELECT topic_begins_at(topic)) <= r.arrived_at) IS NOT FALSE
    ),
    (
        SELECT MAX(m.kafka_offset)
        FROM redriven_messages AS m
        WHERE
            topic = m.kafka_topic
            AND partition_number = m.kafka_partition
            AND below > m.kafka_offset
            AND (SELECT topic_begins_at(topic)) <= m.redriven_at AT TIME ZONE 'UTC'
    )
);
