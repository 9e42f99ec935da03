-- The policy provides the default fee and currency, and limits both.
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
COMMENT ON FUNCTION tg_doctor__rules() IS 'Sets the default fee and currency of a doctor, and checks both.';
