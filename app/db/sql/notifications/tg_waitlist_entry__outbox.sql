CREATE OR REPLACE FUNCTION tg_waitlist_entry__outbox() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO notification (kind, account_id, waitlist_entry_id) VALUES ('waitlist_joined', NEW.patient_id, NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_waitlist_entry__outbox() IS 'Queues the mail to a patient who has joined a waitlist.';
