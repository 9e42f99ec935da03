-- Numbers and hashes reveal records that were deleted from a chain or changed. A comparison with the objects reveals records
-- that were deleted from the end of a chain, and changes made while triggers were disabled.
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
        ELSE 'This record or the one before it was changed.'
    END
    FROM linked
    WHERE (record).number <> last_number + 1 OR (record).hash <> history_hash(record, last_hash)
    UNION ALL
    SELECT
        coalesce((l.record).object_kind, n.object_kind), coalesce((l.record).object_id, n.object_id), (l.record).number,
        CASE
            WHEN l.record IS NULL THEN 'The object has no history.'
            WHEN n.is_now IS NULL THEN 'The object no longer exists.'
            ELSE 'The object differs from its last record.'
        END
    FROM (SELECT record FROM linked WHERE is_last) AS l
    FULL OUTER JOIN history_now AS n
        ON (l.record).object_kind = n.object_kind AND (l.record).object_id = n.object_id
    WHERE (l.record).becomes IS DISTINCT FROM n.is_now
    ORDER BY 1, 2, 3
$$;
COMMENT ON FUNCTION admin.verify_history() IS
'Checks the whole history for manipulation. Returns records that are missing or changed, and objects that differ from their last record. No row means that none were found.';
REVOKE EXECUTE ON FUNCTION admin.verify_history() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.verify_history() TO booking_admin, booking_auditor;
