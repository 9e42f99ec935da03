-- A doctor who names no fee or currency charges the policy's; nobody charges what the policy does not allow.
CREATE OR REPLACE FUNCTION tg_doctor__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p policy;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.fee, NEW.currency) IS NOT DISTINCT FROM (OLD.fee, OLD.currency) THEN
        RETURN NEW;
    END IF;
    SELECT * INTO p FROM policy;
    NEW.fee := coalesce(NEW.fee, p.default_fee);
    NEW.currency := coalesce(NEW.currency, p.default_currency);
    PERFORM refuse('doctor_fee_allowed', doctor_fee_allowed(NEW, p));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_doctor__rules() IS 'Fills in and checks what a doctor charges.';

CREATE OR REPLACE TRIGGER tg_doctor__rules
BEFORE INSERT OR UPDATE OF fee, currency ON doctor
FOR EACH ROW EXECUTE FUNCTION tg_doctor__rules();
COMMENT ON TRIGGER tg_doctor__rules ON doctor IS 'Fee and currency: the policy''s where none is given, and only allowed ones.';
