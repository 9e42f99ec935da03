CREATE OR REPLACE FUNCTION tg_offer__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM refuse('offer_immutable', offer_immutable(OLD, NEW));
    IF NEW.status <> OLD.status OR OLD.status NOT IN ('queued', 'sent') THEN
        PERFORM refuse('offer_status_transition', offer_status_transition(OLD.status, NEW.status));
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_offer__rules() IS 'Checks the rules of an offer that a constraint cannot express.';
