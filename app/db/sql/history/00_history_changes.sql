CREATE OR REPLACE FUNCTION history_changes(h history) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('field', key, 'was', coalesce(h.was -> key, 'null'), 'becomes', value) ORDER BY key)
    FROM jsonb_each(h.becomes)
    WHERE CASE WHEN h.was IS NULL THEN value <> 'null' ELSE h.was ? key END
$$;
COMMENT ON FUNCTION history_changes(history) IS 'The changes in a history record, as [{field, was, becomes}].';
GRANT EXECUTE ON FUNCTION history_changes(history) TO booking_app, booking_admin, booking_auditor;
