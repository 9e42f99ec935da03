CREATE OR REPLACE FUNCTION tg_offer__entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.status = 'queued' THEN
        UPDATE waitlist_entry SET status = 'offered' WHERE id = NEW.waitlist_entry_id AND status = 'waiting';
        PERFORM notify_of_offer('slot_offered', NEW);
        -- the first to claim gets the slot, so the mail must not wait for the next sweep
        PERFORM pg_notify('booking_outbox', '');
    ELSIF NEW.status IN ('declined', 'expired', 'superseded') AND OLD.status IN ('queued', 'sent') THEN
        UPDATE waitlist_entry SET status = 'waiting' WHERE id = NEW.waitlist_entry_id AND status = 'offered';
        IF OLD.status = 'sent' AND NEW.status <> 'declined' THEN
            PERFORM notify_of_offer('offer_' || NEW.status, NEW);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_offer__entry() IS
'Updates the entry''s status with its offer. Queues a mail when an offer is made, and when a sent offer expires or is superseded.';

CREATE OR REPLACE FUNCTION notify_of_offer(p_kind text, o offer) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, offer_id)
    SELECT p_kind, w.patient_id, a.id, a.version, o.id
    FROM waitlist_entry AS w, appointment AS a
    WHERE w.id = o.waitlist_entry_id AND a.id = o.appointment_id
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION notify_of_offer(text, offer) IS 'Queues one mail to the patient of an offer.';
