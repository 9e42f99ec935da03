-- What somebody has taken out of history or written over is found by the numbers and hashes of its chain; what was taken off
-- a chain's end, or done with triggers off, by what the thing itself is now.
CREATE OR REPLACE FUNCTION admin.verify_history()
RETURNS TABLE (object_kind text, object_id bigint, number integer, finding text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH linked AS (
        SELECT
            h AS record,
            coalesce(lag(h.number) OVER chain, 0) AS last_number,
            lag(h.hash) OVER chain AS last_hash,
            lead(h.number) OVER chain IS NULL AS is_last
        FROM history AS h
        WINDOW chain AS (PARTITION BY h.object_kind, h.object_id ORDER BY h.number)
    )
    SELECT (record).object_kind, (record).object_id, (record).number, CASE
        WHEN (record).number <> last_number + 1 THEN format('Records %s to %s are missing.', last_number + 1, (record).number - 1)
        ELSE 'The record is not as it was written, or the one before it.'
    END
    FROM linked
    WHERE (record).number <> last_number + 1 OR (record).hash <> history_hash(record, last_hash)
    UNION ALL
    SELECT
        coalesce((l.record).object_kind, n.object_kind), coalesce((l.record).object_id, n.object_id), (l.record).number,
        CASE
            WHEN l.record IS NULL THEN 'It has no history.'
            WHEN n.is_now IS NULL THEN 'It is gone.'
            ELSE 'It is not what its last record says.'
        END
    FROM (SELECT record FROM linked WHERE is_last) AS l
    FULL OUTER JOIN history_now AS n
        ON (l.record).object_kind = n.object_kind AND (l.record).object_id = n.object_id
    WHERE (l.record).becomes IS DISTINCT FROM n.is_now
    ORDER BY 1, 2, 3
$$;
COMMENT ON FUNCTION admin.verify_history() IS
'What in history is not as it was written: records that are missing or changed, and things that are not what their last record says. No row: all is well. Reads all of it.';
REVOKE EXECUTE ON FUNCTION admin.verify_history() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.verify_history() TO booking_admin, booking_auditor;
