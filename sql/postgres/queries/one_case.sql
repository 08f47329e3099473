-- one_case: a case as it is now.
--
-- Grain:   one row; none if there is no such case
-- Reads:   cases
SELECT
    c.*,
    c.taken_until > CLOCK_TIMESTAMP() AS is_taken,
    c.waits_until > CLOCK_TIMESTAMP() AS is_waiting
FROM cases AS c
WHERE c.case_number = %(case_number)s
