-- One parameter for each column of the policy. The constraints of the table check the values.
CREATE OR REPLACE FUNCTION admin.set_policy(
    hold_minutes integer DEFAULT NULL,
    review_hours integer DEFAULT NULL,
    patient_hold_limit integer DEFAULT NULL,
    reminder_lead interval DEFAULT NULL,
    require_verified_doctor boolean DEFAULT NULL,
    offer_first_wave integer DEFAULT NULL,
    offer_min_notice interval DEFAULT NULL,
    offer_waves integer DEFAULT NULL,
    default_fee numeric DEFAULT NULL,
    default_currency text DEFAULT NULL,
    max_fee numeric DEFAULT NULL,
    currencies text[] DEFAULT NULL
) RETURNS SETOF policy
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    rule text;
BEGIN
    RETURN QUERY UPDATE policy AS p SET
        hold_minutes = coalesce(set_policy.hold_minutes, p.hold_minutes),
        review_hours = coalesce(set_policy.review_hours, p.review_hours),
        patient_hold_limit = coalesce(set_policy.patient_hold_limit, p.patient_hold_limit),
        reminder_lead = coalesce(set_policy.reminder_lead, p.reminder_lead),
        require_verified_doctor = coalesce(set_policy.require_verified_doctor, p.require_verified_doctor),
        offer_first_wave = coalesce(set_policy.offer_first_wave, p.offer_first_wave),
        offer_min_notice = coalesce(set_policy.offer_min_notice, p.offer_min_notice),
        offer_waves = coalesce(set_policy.offer_waves, p.offer_waves),
        default_fee = coalesce(set_policy.default_fee, p.default_fee),
        default_currency = coalesce(set_policy.default_currency, p.default_currency),
        max_fee = coalesce(set_policy.max_fee, p.max_fee),
        currencies = coalesce(set_policy.currencies, p.currencies)
    RETURNING p.*;
EXCEPTION
    WHEN check_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
        PERFORM refuse_with_hint(
            SQLSTATE, rule, format('The policy was not changed: it would violate %s.', rule),
            'Required: ' || (SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = rule) || '.'
        );
    WHEN numeric_value_out_of_range OR string_data_right_truncation THEN
        PERFORM refuse_input(format('The policy was not changed: %s.', SQLERRM), 'To see the valid values of each column, run: \d+ policy');
END
$$;
COMMENT ON FUNCTION admin.set_policy(
    integer, integer, integer, interval, boolean, integer, interval, integer, numeric, text, numeric, text[]
) IS
'Sets the given values of the policy, as in admin.set_policy(hold_minutes => 20), and leaves the others. \d+ policy describes each value. Returns the policy; without parameters, changes nothing. Existing bookings, holds and offers keep the values they were made with.';
REVOKE EXECUTE ON FUNCTION admin.set_policy(
    integer, integer, integer, interval, boolean, integer, interval, integer, numeric, text, numeric, text[]
) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.set_policy(
    integer, integer, integer, interval, boolean, integer, interval, integer, numeric, text, numeric, text[]
) TO booking_admin;
