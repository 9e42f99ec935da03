CREATE OR REPLACE FUNCTION tg_waitlist_entry__offers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE offer SET status = CASE NEW.status WHEN 'left' THEN 'declined' WHEN 'lapsed' THEN 'expired' ELSE 'superseded' END
    WHERE waitlist_entry_id = NEW.id AND status IN ('queued', 'sent');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_waitlist_entry__offers() IS 'Ends the offers of a waitlist entry that has ended.';
