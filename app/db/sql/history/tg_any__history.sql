-- Every change of an object adds a record in the same transaction. Records are never changed.
-- A chain cannot fork: a writer holds the row's lock until its transaction ends. The next writer then sees the record
-- (or fails because its snapshot is too old), and history_pkey rejects a repeated number.
CREATE OR REPLACE FUNCTION tg_any__history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb;
    becomes jsonb := history_of(NEW);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := history_of(OLD);
        IF was = becomes THEN
            RETURN NULL; -- no column that history keeps has changed
        END IF;
    END IF;
    -- the id of the policy's only row is a boolean
    PERFORM record_change(TG_TABLE_NAME, CASE WHEN TG_TABLE_NAME = 'policy' THEN 1 ELSE NEW.id::text::bigint END, was, becomes);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_any__history() IS 'Records the new state of a row, and the old values of what changed.';

CREATE OR REPLACE FUNCTION record_change(p_kind text, p_id bigint, p_was jsonb, p_becomes jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    h history;
    last_hash bytea;
BEGIN
    SELECT number, hash INTO h.number, last_hash FROM history
    WHERE object_kind = p_kind AND object_id = p_id
    ORDER BY number DESC LIMIT 1;
    h.object_kind := p_kind;
    h.object_id := p_id;
    h.number := coalesce(h.number, 0) + 1;
    h.changed_at := clock_timestamp();
    h.transaction_id := pg_current_xact_id()::text::bigint;
    h.database_role := session_user;
    h.acted_as := recorded_actor();
    h.account_id := acting_account();
    h.was := (SELECT jsonb_object_agg(key, value) FROM jsonb_each(p_was) WHERE value <> p_becomes -> key);
    h.becomes := p_becomes;
    h.hash := history_hash(h, last_hash);
    -- columns are named so that a column added by a later release gets its default
    INSERT INTO history (
        object_kind, object_id, number, changed_at, transaction_id, database_role, acted_as, account_id, was, becomes, hash
    ) VALUES (
        h.object_kind, h.object_id, h.number, h.changed_at, h.transaction_id, h.database_role, h.acted_as, h.account_id,
        h.was, h.becomes, h.hash
    );
END
$$;
COMMENT ON FUNCTION record_change(text, bigint, jsonb, jsonb) IS
'Adds a record to the chain of an object. The object''s row must be locked.';

-- Hashes text that depends on no setting, so that a restored chain is valid on every server.
CREATE OR REPLACE FUNCTION history_hash(h history, last_hash bytea) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(last_hash, '') || convert_to(jsonb_build_array(
        h.object_kind, h.object_id, h.number, extract(EPOCH FROM h.changed_at), h.transaction_id, h.database_role,
        h.acted_as, h.account_id, h.was, h.becomes
    )::text, 'UTF8'))
$$;
COMMENT ON FUNCTION history_hash(history, bytea) IS 'The hash of a record, given the hash of the record before it (NULL for the first).';

CREATE OR REPLACE FUNCTION recorded_actor() RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN split_part(current_setting('booking.actor', true), ':', 1) <> '' THEN booking_actor()
        -- what the API and the worker do without an account
        WHEN session_user = 'booking_app' THEN 'system'
        ELSE 'admin'
    END
$$;
COMMENT ON FUNCTION recorded_actor() IS 'The actor that history records for the current change.';

CREATE OR REPLACE FUNCTION acting_account() RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT nullif(split_part(current_setting('booking.actor', true), ':', 2), '')::bigint
$$;
COMMENT ON FUNCTION acting_account() IS 'The account whose request makes the current change, or NULL.';
