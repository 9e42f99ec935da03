CREATE OR REPLACE FUNCTION history_text(p_was jsonb, p_becomes jsonb) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT string_agg(
        CASE
            WHEN p_was IS NULL THEN format('%s: %s', key, value)
            ELSE format('%s: %s -> %s', key, coalesce(p_was ->> key, 'none'), coalesce(value, 'none'))
        END,
        ', ' ORDER BY key
    )
    FROM jsonb_each_text(p_becomes)
    WHERE CASE WHEN p_was IS NULL THEN value IS NOT NULL ELSE p_was ? key END
$$;
COMMENT ON FUNCTION history_text(jsonb, jsonb) IS 'The changes in a history record, as text.';
GRANT EXECUTE ON FUNCTION history_text(jsonb, jsonb) TO booking_admin, booking_auditor;
