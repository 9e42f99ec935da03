CREATE OR REPLACE FUNCTION tg_waitlist_entry__offers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE offer SET status = CASE NEW.status WHEN 'left' THEN 'declined' WHEN 'lapsed' THEN 'expired' ELSE 'superseded' END
    WHERE waitlist_entry_id = NEW.id AND status IN ('queued', 'sent');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_waitlist_entry__offers() IS 'Waiting that ends takes its offer along.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__offers
AFTER UPDATE OF status ON waitlist_entry
FOR EACH ROW WHEN (old.status = 'offered' AND new.status IN ('fulfilled', 'left', 'lapsed'))
EXECUTE FUNCTION tg_waitlist_entry__offers();
COMMENT ON TRIGGER tg_waitlist_entry__offers ON waitlist_entry IS 'Whoever no longer waits is no longer offered anything.';
