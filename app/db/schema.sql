--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: admin; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA admin;


--
-- Name: SCHEMA admin; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA admin IS 'What people at psql may do, as booking_admin, beyond writing to tables.';


--
-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;


--
-- Name: EXTENSION btree_gist; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';


--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';


--
-- Name: doctors_with_same_grid; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.doctors_with_same_grid AS (
	zone text,
	slot_minutes integer,
	buffer_minutes integer,
	doctors integer[]
);


--
-- Name: TYPE doctors_with_same_grid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TYPE public.doctors_with_same_grid IS 'Doctors of one time zone whose slots come in the same steps.';


--
-- Name: other_appointments; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.other_appointments AS (
	active integer,
	holds integer,
	seats integer,
	stale boolean,
	clash boolean
);


--
-- Name: TYPE other_appointments; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TYPE public.other_appointments IS 'Of other rows that hold a seat: how many are active, how many are unpaid holds, which seats (as bits), any lapsed, any in the way.';


--
-- Name: working_span; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.working_span AS (
	starts_at timestamp with time zone,
	ends_at timestamp with time zone,
	local_start timestamp without time zone,
	local_end timestamp without time zone
);


--
-- Name: TYPE working_span; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TYPE public.working_span IS 'An interval of working hours on one day, as instants and as the doctor''s clock shows it.';


--
-- Name: appointment_status(text, timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN status = 'pending' AND hold_expires_at <= at_ THEN 'expired'
        WHEN status = 'confirmed' AND ends_at <= at_ THEN 'completed'
        WHEN status = 'offered' AND ends_at <= at_ THEN 'released'
        ELSE status
    END
$$;


--
-- Name: FUNCTION appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) IS 'The status that counts at an instant: what the API shows, and what the sweep will write.';


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: appointment; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.appointment (
    id integer NOT NULL,
    doctor_id integer NOT NULL,
    patient_id integer,
    during tstzrange NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    seat smallint,
    hold_expires_at timestamp with time zone,
    cancel_deadline timestamp with time zone NOT NULL,
    fee numeric(12,2) NOT NULL,
    currency character(3) NOT NULL,
    canceled_by text,
    cancel_reason text,
    version integer DEFAULT 1 NOT NULL,
    calendar_uid uuid DEFAULT gen_random_uuid() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT appointment_canceled_by_valid CHECK ((((status = 'canceled'::text) = (canceled_by IS NOT NULL)) AND ((canceled_by IS NULL) OR (canceled_by = ANY (ARRAY['patient'::text, 'doctor'::text, 'admin'::text]))))),
    CONSTRAINT appointment_doctor_cap CHECK (((seat >= 1) AND (seat <= 30))),
    CONSTRAINT appointment_during_valid CHECK ((lower_inc(during) AND (NOT upper_inc(during)) AND (NOT upper_inf(during)) AND (NOT isempty(during)) AND isfinite(lower(during)) AND isfinite(upper(during)))),
    CONSTRAINT appointment_hold_has_end CHECK (((status <> 'pending'::text) OR (hold_expires_at IS NOT NULL))),
    CONSTRAINT appointment_patient_iff_claimed CHECK (((status = ANY (ARRAY['offered'::text, 'released'::text])) = (patient_id IS NULL))),
    CONSTRAINT appointment_seat_iff_active CHECK (((status = ANY (ARRAY['offered'::text, 'pending'::text, 'confirmed'::text])) = (seat IS NOT NULL))),
    CONSTRAINT appointment_status_valid CHECK ((status = ANY (ARRAY['offered'::text, 'pending'::text, 'confirmed'::text, 'released'::text, 'expired'::text, 'canceled'::text, 'completed'::text, 'no_show'::text])))
);


--
-- Name: TABLE appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.appointment IS 'A booking of a doctor''s slot. While active it holds the slot and one of the doctor''s 30 seats.';


--
-- Name: COLUMN appointment.patient_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.patient_id IS 'None while a freed slot is on offer to the waitlist.';


--
-- Name: COLUMN appointment.during; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.during IS 'The slot, [start, end).';


--
-- Name: COLUMN appointment.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.status IS 'As written; what the API shows also counts lapsed holds and finished visits (appointment_status()).';


--
-- Name: COLUMN appointment.seat; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.seat IS '1 to 30 while active; set by trigger.';


--
-- Name: COLUMN appointment.hold_expires_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.hold_expires_at IS 'Until when a pending appointment holds its slot unpaid; set by trigger.';


--
-- Name: COLUMN appointment.cancel_deadline; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.cancel_deadline IS 'Before this instant the patient may cancel; set by trigger.';


--
-- Name: COLUMN appointment.fee; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.fee IS 'The doctor''s fee at booking; set by trigger.';


--
-- Name: COLUMN appointment.currency; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.currency IS 'The doctor''s currency at booking; set by trigger.';


--
-- Name: COLUMN appointment.canceled_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.canceled_by IS 'patient, doctor or admin; set by trigger.';


--
-- Name: COLUMN appointment.cancel_reason; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.cancel_reason IS 'What the canceling side said, if anything.';


--
-- Name: COLUMN appointment.version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.version IS 'Counts the changes that a party must know of; set by trigger.';


--
-- Name: COLUMN appointment.calendar_uid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.calendar_uid IS 'What calendars know it by (UID, RFC 7986, 5.3), whatever becomes of it.';


--
-- Name: COLUMN appointment.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.created_at IS 'When the slot was first held.';


--
-- Name: COLUMN appointment.updated_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.appointment.updated_at IS 'When the row last changed; set by trigger.';


--
-- Name: CONSTRAINT appointment_canceled_by_valid ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_canceled_by_valid ON public.appointment IS 'A canceled appointment says which side canceled it, and no other does.';


--
-- Name: CONSTRAINT appointment_doctor_cap ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_doctor_cap ON public.appointment IS 'A doctor has at most 30 active appointments, each on a seat of its own, or fewer if the doctor says so.';


--
-- Name: CONSTRAINT appointment_during_valid ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_during_valid ON public.appointment IS 'An appointment has a beginning and an end, and is not empty.';


--
-- Name: CONSTRAINT appointment_hold_has_end ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_hold_has_end ON public.appointment IS 'A hold ends at some time.';


--
-- Name: CONSTRAINT appointment_patient_iff_claimed ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_patient_iff_claimed ON public.appointment IS 'An appointment has a patient, unless it is only on offer.';


--
-- Name: CONSTRAINT appointment_seat_iff_active ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_seat_iff_active ON public.appointment IS 'An appointment has a seat while it is active, and no longer.';


--
-- Name: CONSTRAINT appointment_status_valid ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_status_valid ON public.appointment IS 'An appointment has a status that there is.';


--
-- Name: api_appointment; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.api_appointment AS
 SELECT id,
    doctor_id AS doctor,
    patient_id AS patient,
    lower(during) AS appointment_date,
    upper(during) AS ends_at,
    public.appointment_status(status, hold_expires_at, upper(during), now()) AS status,
    hold_expires_at,
    cancel_deadline,
    fee,
    currency,
    created_at,
    updated_at
   FROM public.appointment;


--
-- Name: VIEW api_appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.api_appointment IS 'Appointments as the API shows them: start and end in place of a range, and the status that counts now.';


--
-- Name: bulk_cancel(integer, date, text, boolean, boolean); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.bulk_cancel(doctor integer, day date, reason text DEFAULT NULL::text, block boolean DEFAULT false, dry_run boolean DEFAULT false) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM refuse_input(no_doctor(bulk_cancel.doctor), 'SELECT doctor, doctor_name FROM admin.doctor_load; shows who there is.');
    RETURN QUERY SELECT * FROM bulk_cancel_by('admin', bulk_cancel.doctor, NULL, day, reason, block, dry_run);
END
$$;


--
-- Name: FUNCTION bulk_cancel(doctor integer, day date, reason text, block boolean, dry_run boolean); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.bulk_cancel(doctor integer, day date, reason text, block boolean, dry_run boolean) IS 'Cancels everything that patients hold with a doctor on a day of the doctor''s calendar, or with NULL on every day, that has not begun: all or nothing, one mail a person. With block those times are taken off instead of offered to the waitlist; a dry run only lists. Returns the appointments.';


--
-- Name: cancel_appointment(integer, text, boolean); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.cancel_appointment(id integer, reason text DEFAULT NULL::text, block boolean DEFAULT false) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    p_id ALIAS FOR id;
    rule text;
    why text;
BEGIN
    PERFORM refuse_input(no_appointment(p_id), 'SELECT * FROM admin.day_sheet WHERE doctor = ... shows a doctor''s appointments.');
    PERFORM lock_doctor_of(p_id);
    PERFORM cancel_together('admin', ARRAY[p_id], reason, block);
    RETURN QUERY SELECT a.* FROM api_appointment AS a WHERE a.id = p_id;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
    PERFORM refuse_with_hint(
        SQLSTATE, rule, why, format('SELECT * FROM admin.day_sheet WHERE appointment = %s; shows how it stands.', p_id)
    );
END
$$;


--
-- Name: FUNCTION cancel_appointment(id integer, reason text, block boolean); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.cancel_appointment(id integer, reason text, block boolean) IS 'Cancels an appointment that has not begun, at any time before its start: what was paid goes back in full, patient and doctor are mailed (with the reason, if given), and the slot goes to the waitlist. With block the time is taken off instead. Returns the appointment.';


--
-- Name: disable_account(integer, text); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.disable_account(id integer, reason text) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    p_id ALIAS FOR id;
    who text := (SELECT a.role FROM account AS a WHERE a.id = p_id);
BEGIN
    PERFORM refuse_input(
        CASE WHEN trim(coalesce(reason, '')) = '' THEN 'Why? No reason is given.' END,
        'Say it in a few words: other admins see it in account.disabled_reason, its owner does not.'
    );
    PERFORM act_as('admin');
    -- before the account, as everywhere; whoever is just booking is waited for
    IF who = 'doctor' THEN
        PERFORM lock_doctor(p_id);
    ELSIF who = 'patient' THEN
        PERFORM lock_patient_with_doctors(p_id);
    END IF;
    PERFORM refuse_input(wrong_status(p_id, 'active'), 'SELECT id, username, status, disabled_reason FROM account; shows who there is.');
    UPDATE account AS a SET status = 'disabled', disabled_reason = reason WHERE a.id = p_id;
    PERFORM revoke_sessions(p_id, NULL);
    DELETE FROM account_token AS t WHERE t.account_id = p_id;
    UPDATE doctor AS d SET disabled_at = clock_timestamp() WHERE d.account_id = p_id; -- which takes back what is on offer
    PERFORM end_offers_of(p_id);
    PERFORM act_as('');
    RETURN QUERY
        SELECT api.* FROM api_appointment AS api
        WHERE api.id IN (SELECT h.id FROM held_appointments(p_id, clock_timestamp()) AS h)
            OR api.id IN (SELECT u.id FROM upcoming_appointments(p_id) AS u)
        ORDER BY api.appointment_date, api.id;
END
$$;


--
-- Name: FUNCTION disable_account(id integer, reason text); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.disable_account(id integer, reason text) IS 'Shuts an account out: it cannot log in, all its logins, mailed codes and links end at once, and nothing new is booked with or by it. A disabled doctor is not listed and what was on offer is withdrawn; a disabled patient keeps their places in line, and is offered nothing. What is booked already STAYS and is returned: end it by admin.cancel_appointment() or admin.bulk_cancel(). The reason is for admins alone.';


--
-- Name: enable_account(integer); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.enable_account(id integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    p_id ALIAS FOR id;
BEGIN
    PERFORM act_as('admin');
    PERFORM lock_doctor(d.account_id) FROM doctor AS d WHERE d.account_id = p_id;
    PERFORM refuse_input(wrong_status(p_id, 'disabled'), 'SELECT id, username FROM account WHERE status = ''disabled''; shows whom this is for.');
    UPDATE account AS a SET status = 'active', disabled_reason = NULL WHERE a.id = p_id;
    UPDATE doctor AS d SET disabled_at = NULL WHERE d.account_id = p_id;
    PERFORM act_as('');
END
$$;


--
-- Name: FUNCTION enable_account(id integer); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.enable_account(id integer) IS 'Undoes admin.disable_account(): its owner may log in anew, as nothing of before is good any more, and book or be booked.';


--
-- Name: explain_refusal(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.explain_refusal(doctor integer, patient integer, start timestamp with time zone) RETURNS TABLE(rule text, ok boolean, why text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    found_ jsonb;
BEGIN
    PERFORM refuse_input(
        -- CASE, not WHERE: with constants alone it is called when planned
        CASE WHEN num_nulls(doctor, patient, start) > 0 THEN 'Doctor, patient and start are all needed.' END,
        'SELECT * FROM admin.explain_refusal(1, 2, ''2030-01-31 09:00+00''); account ids are in the views doctor_load and day_sheet.'
    );
    BEGIN
        -- what the clock has freed goes to the waitlist before anybody is booked: done as book() does, and undone
        PERFORM serve_waitlist(explain_refusal.doctor) WHERE has_waitlist(explain_refusal.doctor);
        found_ := jsonb_agg(r) FROM rules_with_people(explain_refusal.doctor, explain_refusal.patient, start) AS r;
        RAISE EXCEPTION USING ERRCODE = 'BK000', MESSAGE = 'undone';
    EXCEPTION WHEN SQLSTATE 'BK000' THEN
        RETURN QUERY SELECT r.rule, r.ok, r.why FROM jsonb_to_recordset(found_) AS r (rule text, ok boolean, why text);
    END;
END
$$;


--
-- Name: FUNCTION explain_refusal(doctor integer, patient integer, start timestamp with time zone); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.explain_refusal(doctor integer, patient integer, start timestamp with time zone) IS 'Every rule of booking in the order in which a refusal names the first that is broken: ok, or broken and why, for this doctor, patient and start (account ids) at this moment; ok is unknown where there is nothing to look at. A slot on offer to the patient is theirs. Changes nothing.';


--
-- Name: requeue_notification(bigint); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.requeue_notification(id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE notification AS n SET status = 'queued', attempts = 0, due_at = clock_timestamp()
    WHERE n.id = requeue_notification.id AND n.status = 'failed';
    PERFORM refuse_input(
        coalesce(
            (SELECT format('Mail %s is %s, not failed.', n.id, n.status) FROM notification AS n WHERE n.id = requeue_notification.id),
            format('There is no mail %s.', coalesce(requeue_notification.id::text, '(none is given)'))
        ),
        'SELECT id, outcome FROM admin.undelivered WHERE status = ''failed''; lists those that can be tried again.'
    ) WHERE NOT FOUND;
    PERFORM pg_notify('booking_outbox', '');
END
$$;


--
-- Name: FUNCTION requeue_notification(id bigint); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.requeue_notification(id bigint) IS 'Has a failed mail tried again at once, as if for the first time. If what it says is no longer true by then, it is skipped.';


--
-- Name: reschedule_appointment(integer, timestamp with time zone); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.reschedule_appointment(id integer, start timestamp with time zone) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    p_id ALIAS FOR id;
    rule text;
    why text;
BEGIN
    PERFORM refuse_input(no_appointment(p_id), 'SELECT * FROM admin.day_sheet WHERE doctor = ... shows a doctor''s appointments.');
    PERFORM refuse_input('Where to? No start is given.', slots_hint(p_id, now())) WHERE start IS NULL;
    PERFORM lock_doctor_of(p_id);
    PERFORM act_as('admin');
    PERFORM move_appointment(p_id, start);
    PERFORM act_as('');
    RETURN QUERY SELECT a.* FROM api_appointment AS a WHERE a.id = p_id;
EXCEPTION WHEN check_violation OR exclusion_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
    PERFORM refuse_with_hint(SQLSTATE, rule, why, slots_hint(p_id, start));
END
$$;


--
-- Name: FUNCTION reschedule_appointment(id integer, start timestamp with time zone); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.reschedule_appointment(id integer, start timestamp with time zone) IS 'Moves an appointment that has not begun to the slot of its doctor that starts at an instant: it keeps its number and payment, patient and doctor are mailed, the patient may cancel until the new start, and the old slot goes to the waitlist. Returns the appointment.';


--
-- Name: refund; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refund (
    id integer NOT NULL,
    payment_id integer NOT NULL,
    amount numeric(12,2) NOT NULL,
    reason text NOT NULL,
    status text DEFAULT 'requested'::text NOT NULL,
    request_id uuid DEFAULT gen_random_uuid() NOT NULL,
    paypal_id text,
    attempts smallint DEFAULT '0'::smallint NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    outcome text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT refund_amount_valid CHECK ((amount > (0)::numeric)),
    CONSTRAINT refund_status_valid CHECK ((status = ANY (ARRAY['requested'::text, 'pending'::text, 'completed'::text, 'failed'::text])))
);


--
-- Name: TABLE refund; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.refund IS 'Money on its way back to the payer.';


--
-- Name: COLUMN refund.amount; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.amount IS 'In the payment''s currency.';


--
-- Name: COLUMN refund.reason; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.reason IS 'Why: appointment_canceled or slot_lost.';


--
-- Name: COLUMN refund.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.status IS 'requested, pending at PayPal, completed or failed.';


--
-- Name: COLUMN refund.request_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.request_id IS 'The PayPal-Request-Id: however often it is sent, the money goes back once.';


--
-- Name: COLUMN refund.paypal_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.paypal_id IS 'PayPal''s refund.';


--
-- Name: COLUMN refund.attempts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.attempts IS 'How often a worker took it.';


--
-- Name: COLUMN refund.due_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.due_at IS 'Not before; then a worker sees to it.';


--
-- Name: COLUMN refund.outcome; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.outcome IS 'What the last attempt met.';


--
-- Name: COLUMN refund.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.created_at IS 'When it was requested.';


--
-- Name: COLUMN refund.updated_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refund.updated_at IS 'When it last changed; set by trigger.';


--
-- Name: CONSTRAINT refund_amount_valid ON refund; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT refund_amount_valid ON public.refund IS 'A refund is of more than nothing.';


--
-- Name: CONSTRAINT refund_status_valid ON refund; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT refund_status_valid ON public.refund IS 'A refund has a status that there is.';


--
-- Name: retry_refund(integer); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.retry_refund(id integer) RETURNS SETOF public.refund
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    r refund;
BEGIN
    SELECT f.* INTO r FROM refund AS f WHERE f.id = retry_refund.id;
    PERFORM refuse_input(
        format('There is no refund %s.', coalesce(retry_refund.id::text, '(none is given)')),
        'SELECT refund, why FROM admin.payments_attention; lists those that have failed.'
    ) WHERE r.id IS NULL;
    PERFORM lock_payment(r.payment_id);
    SELECT f.* INTO r FROM refund AS f WHERE f.id = r.id FOR NO KEY UPDATE; -- as it stands after the wait
    PERFORM refuse_input(format('Refund %s is completed: the money is back.', r.id), 'There is nothing to be done.')
    WHERE r.status = 'completed';
    IF r.status = 'failed' THEN
        PERFORM refuse_input(
            format('Nothing is left of payment %s that is not back or on its way back.', r.payment_id),
            format('SELECT * FROM refund WHERE payment_id = %s; shows the refund that followed.', r.payment_id)
        ) WHERE NOT EXISTS (
            SELECT FROM payment AS p
            WHERE p.id = r.payment_id AND p.status IN ('captured', 'partially_refunded') AND p.refund_total < p.amount
        );
        PERFORM request_refund(r.payment_id, r.reason);
    ELSE
        UPDATE refund AS f SET due_at = clock_timestamp() WHERE f.id = r.id;
    END IF;
    RETURN QUERY SELECT f.* FROM refund AS f WHERE f.payment_id = r.payment_id AND f.id >= r.id ORDER BY f.id DESC LIMIT 1;
END
$$;


--
-- Name: FUNCTION retry_refund(id integer); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.retry_refund(id integer) IS 'Has the worker ask PayPal within seconds: by a new refund, of all that is not back or on its way back, if this one has failed, else about this one. Returns the refund that is now under way.';


--
-- Name: policy; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.policy (
    id boolean DEFAULT true NOT NULL,
    hold_minutes smallint DEFAULT '15'::smallint NOT NULL,
    review_hours smallint DEFAULT '24'::smallint NOT NULL,
    patient_hold_limit smallint DEFAULT '5'::smallint NOT NULL,
    reminder_lead interval DEFAULT '24:00:00'::interval NOT NULL,
    require_verified_doctor boolean DEFAULT true NOT NULL,
    offer_first_wave smallint DEFAULT '3'::smallint NOT NULL,
    offer_min_notice interval DEFAULT '02:00:00'::interval NOT NULL,
    offer_waves smallint DEFAULT '4'::smallint NOT NULL,
    default_fee numeric(12,2) DEFAULT 100.00 NOT NULL,
    default_currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    max_fee numeric(12,2) DEFAULT 10000.00 NOT NULL,
    currencies character(3)[] DEFAULT '{AUD,CAD,CHF,EUR,GBP,JPY,USD}'::bpchar[] NOT NULL,
    CONSTRAINT policy_default_currency_valid CHECK ((default_currency = ANY (currencies))),
    CONSTRAINT policy_default_fee_valid CHECK (((default_fee >= (0)::numeric) AND (default_fee <= max_fee))),
    CONSTRAINT policy_hold_minutes_valid CHECK (((hold_minutes >= 1) AND (hold_minutes <= 1440))),
    CONSTRAINT policy_max_fee_valid CHECK (((max_fee >= (0)::numeric) AND (max_fee <= (1000000)::numeric))),
    CONSTRAINT policy_offer_first_wave_valid CHECK (((offer_first_wave >= 1) AND (offer_first_wave <= 100))),
    CONSTRAINT policy_offer_min_notice_valid CHECK (((offer_min_notice >= '00:00:00'::interval) AND (offer_min_notice <= '72:00:00'::interval))),
    CONSTRAINT policy_offer_waves_valid CHECK (((offer_waves >= 1) AND (offer_waves <= 24))),
    CONSTRAINT policy_one_row CHECK (id),
    CONSTRAINT policy_patient_hold_limit_valid CHECK (((patient_hold_limit >= 1) AND (patient_hold_limit <= 30))),
    CONSTRAINT policy_reminder_lead_valid CHECK (((reminder_lead >= '01:00:00'::interval) AND (reminder_lead <= '168:00:00'::interval))),
    CONSTRAINT policy_review_hours_valid CHECK (((review_hours >= 1) AND (review_hours <= 336)))
);


--
-- Name: TABLE policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.policy IS 'The numbers an admin may tune, in one row. 30 appointments, 360 and 72 hours are rules instead.';


--
-- Name: COLUMN policy.id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.id IS 'Always true.';


--
-- Name: COLUMN policy.hold_minutes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.hold_minutes IS 'How long an unpaid booking holds its slot, minutes.';


--
-- Name: COLUMN policy.review_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.review_hours IS 'How long PayPal may review a payment while the slot is kept, hours.';


--
-- Name: COLUMN policy.patient_hold_limit; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.patient_hold_limit IS 'Live unpaid holds one patient may have at once.';


--
-- Name: COLUMN policy.reminder_lead; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.reminder_lead IS 'How long before an appointment its patient is reminded of it.';


--
-- Name: COLUMN policy.require_verified_doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.require_verified_doctor IS 'Whether doctors are listed and booked only once they are verified.';


--
-- Name: COLUMN policy.offer_first_wave; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.offer_first_wave IS 'How many are offered a freed slot at once; then twice as many, and so on.';


--
-- Name: COLUMN policy.offer_min_notice; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.offer_min_notice IS 'A slot that starts sooner is offered to nobody.';


--
-- Name: COLUMN policy.offer_waves; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.offer_waves IS 'How long an offer is good, in times from a wave to the next.';


--
-- Name: COLUMN policy.default_fee; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.default_fee IS 'Fee of a doctor who names none.';


--
-- Name: COLUMN policy.default_currency; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.default_currency IS 'Currency of a doctor who names none.';


--
-- Name: COLUMN policy.max_fee; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.max_fee IS 'Highest fee allowed.';


--
-- Name: COLUMN policy.currencies; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.policy.currencies IS 'Currencies a doctor may charge in, ISO 4217.';


--
-- Name: CONSTRAINT policy_default_currency_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_default_currency_valid ON public.policy IS 'The default currency is one of those allowed.';


--
-- Name: CONSTRAINT policy_default_fee_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_default_fee_valid ON public.policy IS 'The default fee is neither negative nor above the highest.';


--
-- Name: CONSTRAINT policy_hold_minutes_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_hold_minutes_valid ON public.policy IS 'A hold lasts 1 to 1440 minutes.';


--
-- Name: CONSTRAINT policy_max_fee_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_max_fee_valid ON public.policy IS 'The highest fee is 0 to 1000000.';


--
-- Name: CONSTRAINT policy_offer_first_wave_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_offer_first_wave_valid ON public.policy IS 'The first wave of offers goes to 1 to 100 patients.';


--
-- Name: CONSTRAINT policy_offer_min_notice_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_offer_min_notice_valid ON public.policy IS 'A slot is offered to the waitlist up to 0 to 72 hours before it begins.';


--
-- Name: CONSTRAINT policy_offer_waves_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_offer_waves_valid ON public.policy IS 'An offer is good for 1 to 24 waves.';


--
-- Name: CONSTRAINT policy_one_row ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_one_row ON public.policy IS 'There is one policy.';


--
-- Name: CONSTRAINT policy_patient_hold_limit_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_patient_hold_limit_valid ON public.policy IS 'A patient may have 1 to 30 unpaid holds.';


--
-- Name: CONSTRAINT policy_reminder_lead_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_reminder_lead_valid ON public.policy IS 'Patients are reminded 1 to 168 hours before.';


--
-- Name: CONSTRAINT policy_review_hours_valid ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT policy_review_hours_valid ON public.policy IS 'A slot is kept for 1 to 336 hours while PayPal reviews a payment.';


--
-- Name: set_policy(integer, integer, integer, interval, boolean, integer, interval, integer, numeric, text, numeric, text[]); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.set_policy(hold_minutes integer DEFAULT NULL::integer, review_hours integer DEFAULT NULL::integer, patient_hold_limit integer DEFAULT NULL::integer, reminder_lead interval DEFAULT NULL::interval, require_verified_doctor boolean DEFAULT NULL::boolean, offer_first_wave integer DEFAULT NULL::integer, offer_min_notice interval DEFAULT NULL::interval, offer_waves integer DEFAULT NULL::integer, default_fee numeric DEFAULT NULL::numeric, default_currency text DEFAULT NULL::text, max_fee numeric DEFAULT NULL::numeric, currencies text[] DEFAULT NULL::text[]) RETURNS SETOF public.policy
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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
            SQLSTATE, rule, format('The policy stays as it is: %s does not allow this.', rule),
            'It must hold that ' || (SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = rule) || '.'
        );
    WHEN numeric_value_out_of_range OR string_data_right_truncation THEN
        PERFORM refuse_input(format('The policy stays as it is: %s.', SQLERRM), '\d+ policy shows what each column may be.');
END
$$;


--
-- Name: FUNCTION set_policy(hold_minutes integer, review_hours integer, patient_hold_limit integer, reminder_lead interval, require_verified_doctor boolean, offer_first_wave integer, offer_min_notice interval, offer_waves integer, default_fee numeric, default_currency text, max_fee numeric, currencies text[]); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.set_policy(hold_minutes integer, review_hours integer, patient_hold_limit integer, reminder_lead interval, require_verified_doctor boolean, offer_first_wave integer, offer_min_notice interval, offer_waves integer, default_fee numeric, default_currency text, max_fee numeric, currencies text[]) IS 'Sets whichever numbers are named, as in admin.set_policy(hold_minutes => 20), and leaves the others; \d+ policy explains each. Returns the policy, which without a parameter is only shown. What is booked, held or offered already keeps what it was promised.';


--
-- Name: verify_doctor(integer, boolean); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.verify_doctor(doctor integer, is_verified boolean DEFAULT true) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    since timestamptz;
BEGIN
    PERFORM refuse_with_hint('foreign_key_violation', 'appointment_doctor_id_fkey', why, 'SELECT account_id, full_name FROM doctor; shows who there is.')
    FROM no_doctor(verify_doctor.doctor) AS n (why) WHERE why IS NOT NULL;
    PERFORM lock_doctor(verify_doctor.doctor);
    UPDATE doctor AS d SET verified_at = CASE WHEN verify_doctor.is_verified THEN coalesce(d.verified_at, clock_timestamp()) END
    WHERE d.account_id = verify_doctor.doctor
    RETURNING d.verified_at INTO since;
    RETURN since;
END
$$;


--
-- Name: FUNCTION verify_doctor(doctor integer, is_verified boolean); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.verify_doctor(doctor integer, is_verified boolean) IS 'Says that an account is of a real doctor, who so is listed and booked; or with false no longer: what is booked stays. Returns since when.';


--
-- Name: verify_history(); Type: FUNCTION; Schema: admin; Owner: -
--

CREATE FUNCTION admin.verify_history() RETURNS TABLE(object_kind text, object_id integer, number integer, finding text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    WITH linked AS (
        SELECT
            h AS record,
            coalesce(lag(h.number) OVER chain, 0) AS last_number,
            lag(h.hash) OVER chain AS last_hash,
            lead(h.number) OVER chain IS NULL AS is_last
        FROM history AS h
        WINDOW chain AS (PARTITION BY h.object_kind, h.object_id ORDER BY h.number)
    )
    SELECT (record).object_kind, (record).object_id, (record).number, CASE
        WHEN (record).number <> last_number + 1 THEN format('Records %s to %s are missing.', last_number + 1, (record).number - 1)
        ELSE 'The record is not as it was written, or the one before it.'
    END
    FROM linked
    WHERE (record).number <> last_number + 1 OR (record).hash <> history_hash(record, last_hash)
    UNION ALL
    SELECT
        coalesce((l.record).object_kind, n.object_kind), coalesce((l.record).object_id, n.object_id), (l.record).number,
        CASE
            WHEN l.record IS NULL THEN 'It has no history.'
            WHEN n.is_now IS NULL THEN 'It is gone.'
            ELSE 'It is not what its last record says.'
        END
    FROM (SELECT record FROM linked WHERE is_last) AS l
    FULL OUTER JOIN history_now AS n
        ON (l.record).object_kind = n.object_kind AND (l.record).object_id = n.object_id
    WHERE (l.record).becomes IS DISTINCT FROM n.is_now
    ORDER BY 1, 2, 3
$$;


--
-- Name: FUNCTION verify_history(); Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON FUNCTION admin.verify_history() IS 'What in history is not as it was written: records that are missing or changed, and things that are not what their last record says. No row: all is well. Reads all of it.';


--
-- Name: account_token_lifetime(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.account_token_lifetime(p_purpose text) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE p_purpose WHEN 'email_verification' THEN interval '72 hours' WHEN 'password_reset' THEN interval '1 hour' END
$$;


--
-- Name: FUNCTION account_token_lifetime(p_purpose text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.account_token_lifetime(p_purpose text) IS 'How long a mailed code is good; NULL: such a mail has none.';


--
-- Name: act_as(text, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.act_as(actor text, account integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT set_config('booking.actor', concat_ws(':', actor, account), true)
$$;


--
-- Name: FUNCTION act_as(actor text, account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.act_as(actor text, account integer) IS 'Says who acts from here to the end of the transaction, with the account whose request it is; '''' hands back to admin. Called first and last by every booking function.';


--
-- Name: acting_account(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.acting_account() RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT nullif(split_part(current_setting('booking.actor', true), ':', 2), '')::integer
$$;


--
-- Name: FUNCTION acting_account(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.acting_account() IS 'The account on whose request somebody is writing at this moment, if it is anybody''s.';


--
-- Name: active_appointments(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.active_appointments(p_doctor integer, at_ timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT count(*)::integer FROM appointment
    WHERE doctor_id = p_doctor AND seat IS NOT NULL
        AND appointment_is_active(status, hold_expires_at, upper(during), at_)
$$;


--
-- Name: FUNCTION active_appointments(p_doctor integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.active_appointments(p_doctor integer, at_ timestamp with time zone) IS 'How many appointments of a doctor are active at an instant.';


--
-- Name: add_time_off(integer, timestamp with time zone, timestamp with time zone, text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.add_time_off(p_doctor integer, p_start timestamp with time zone, p_end timestamp with time zone, p_reason text, p_cancel boolean) RETURNS TABLE(time_off_id integer, affected public.api_appointment[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    p_during tstzrange;
BEGIN
    -- said here, because such a range cannot even be made
    PERFORM refuse('time_off_during_valid', CASE WHEN p_end <= p_start THEN 'Time off must end after it begins.' END);
    p_during := tstzrange(p_start, p_end);
    PERFORM lock_doctor(p_doctor);
    PERFORM act_as('doctor', p_doctor);
    INSERT INTO time_off (doctor_id, during, reason) VALUES (p_doctor, p_during, p_reason) RETURNING id INTO time_off_id;
    affected := ARRAY(
        SELECT a FROM settle_affected(
            ARRAY(SELECT id FROM held_appointments(p_doctor, clock_timestamp()) WHERE during && p_during), p_reason, p_cancel
        ) AS a
    );
    RETURN NEXT;
END
$$;


--
-- Name: FUNCTION add_time_off(p_doctor integer, p_start timestamp with time zone, p_end timestamp with time zone, p_reason text, p_cancel boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.add_time_off(p_doctor integer, p_start timestamp with time zone, p_end timestamp with time zone, p_reason text, p_cancel boolean) IS 'Takes a time off and returns its id and the appointments it covers, canceled if so told; else the commit is refused.';


--
-- Name: answer_receipt(integer, text, text, integer, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.answer_receipt(p_account integer, p_route text, p_key text, p_status integer, p_answer bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE receipt SET status = p_status, answer = p_answer
    WHERE (account_id, route, key) = (p_account, p_route, p_key) AND status IS NULL AND payment_id IS NULL
$$;


--
-- Name: FUNCTION answer_receipt(p_account integer, p_route text, p_key text, p_status integer, p_answer bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.answer_receipt(p_account integer, p_route text, p_key text, p_status integer, p_answer bytea) IS 'Writes on a receipt that was begun which answer (HTTP status, body) its request gets, once.';


--
-- Name: appointment_booking_window(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_booking_window(starts_at timestamp with time zone, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN starts_at <= at_ THEN 'An appointment must start in the future.'
        -- hours, not days: days bend with the session's time zone
        WHEN starts_at > at_ + interval '360 hours' THEN 'Appointments can be booked at most 15 days (360 hours) ahead.'
    END
$$;


--
-- Name: FUNCTION appointment_booking_window(starts_at timestamp with time zone, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_booking_window(starts_at timestamp with time zone, at_ timestamp with time zone) IS 'An appointment starts in the future and at most 360 hours (15 days) ahead. Why a start, seen from an instant, breaks the rule; NULL: it does not.';


--
-- Name: appointment_cancel_notice(text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_cancel_notice(actor text, cancel_deadline timestamp with time zone, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN actor = 'patient' AND at_ >= cancel_deadline
            THEN format(
                'This appointment could be canceled until %s. Later, only the doctor can cancel it.',
                utc_text(cancel_deadline)
            )
    END
$$;


--
-- Name: FUNCTION appointment_cancel_notice(actor text, cancel_deadline timestamp with time zone, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_cancel_notice(actor text, cancel_deadline timestamp with time zone, at_ timestamp with time zone) IS 'A patient cancels only while more than 72 hours (3 days) remain. Why an actor may no longer cancel at an instant; NULL: they may.';


--
-- Name: appointment_confirmed_is_paid(public.appointment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_confirmed_is_paid(a public.appointment) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN a.status = 'confirmed' AND a.fee > 0 AND NOT EXISTS (
            SELECT FROM payment
            WHERE appointment_id = a.id AND status IN ('captured', 'partially_refunded', 'refunded') AND NOT without_slot
        ) THEN format('An appointment that costs %s is confirmed by its payment only.', money_text(a.fee, a.currency))
    END
$$;


--
-- Name: FUNCTION appointment_confirmed_is_paid(a public.appointment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_confirmed_is_paid(a public.appointment) IS 'A confirmed appointment costs nothing or is paid. Why an appointment may not be confirmed; NULL: it may, or it is not.';


--
-- Name: doctor; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.doctor (
    account_id integer NOT NULL,
    role text GENERATED ALWAYS AS ('doctor'::text) STORED NOT NULL,
    full_name text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    specialty text DEFAULT ''::text NOT NULL,
    experience_years smallint DEFAULT '0'::smallint NOT NULL,
    slot_minutes smallint DEFAULT '30'::smallint NOT NULL,
    buffer_minutes smallint DEFAULT '0'::smallint NOT NULL,
    fee numeric(12,2) NOT NULL,
    currency character(3) NOT NULL,
    max_appointments smallint DEFAULT '30'::smallint NOT NULL,
    verified_at timestamp with time zone,
    disabled_at timestamp with time zone,
    booking_seq bigint DEFAULT '0'::bigint NOT NULL,
    CONSTRAINT doctor_buffer_minutes_valid CHECK (((buffer_minutes >= 0) AND (buffer_minutes <= 480))),
    CONSTRAINT doctor_experience_years_valid CHECK (((experience_years >= 0) AND (experience_years <= 80))),
    CONSTRAINT doctor_fee_has_no_minor_unit CHECK (((currency <> ALL (ARRAY['HUF'::bpchar, 'JPY'::bpchar, 'TWD'::bpchar])) OR (fee = trunc(fee)))),
    CONSTRAINT doctor_fee_valid CHECK ((fee >= (0)::numeric)),
    CONSTRAINT doctor_max_appointments_valid CHECK (((max_appointments >= 0) AND (max_appointments <= 30))),
    CONSTRAINT doctor_slot_minutes_valid CHECK (((slot_minutes >= 5) AND (slot_minutes <= 480)))
)
WITH (fillfactor='50');


--
-- Name: TABLE doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.doctor IS 'A doctor''s profile. Its row is the lock under which this doctor''s bookings are decided.';


--
-- Name: COLUMN doctor.role; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.role IS 'Makes the foreign key accept only a doctor''s account.';


--
-- Name: COLUMN doctor.full_name; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.full_name IS 'Public.';


--
-- Name: COLUMN doctor.phone; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.phone IS 'The practice''s telephone. Public.';


--
-- Name: COLUMN doctor.timezone; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.timezone IS 'Zone in which the working hours are meant.';


--
-- Name: COLUMN doctor.specialty; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.specialty IS 'Public; patients search by it.';


--
-- Name: COLUMN doctor.experience_years; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.experience_years IS 'Years in practice.';


--
-- Name: COLUMN doctor.slot_minutes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.slot_minutes IS 'Length of a slot, minutes.';


--
-- Name: COLUMN doctor.buffer_minutes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.buffer_minutes IS 'Pause between two slots, minutes.';


--
-- Name: COLUMN doctor.fee; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.fee IS 'Price of an appointment; 0: confirmed at once. If none is given: policy.default_fee.';


--
-- Name: COLUMN doctor.currency; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.currency IS 'ISO 4217. If none is given: policy.default_currency.';


--
-- Name: COLUMN doctor.max_appointments; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.max_appointments IS 'Cap on active appointments, never above 30; 0 closes the book.';


--
-- Name: COLUMN doctor.verified_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.verified_at IS 'When an admin said that this is a doctor; see policy.require_verified_doctor.';


--
-- Name: COLUMN doctor.disabled_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.disabled_at IS 'When an admin disabled the account: not listed and not booked, whatever the policy; none: it is not.';


--
-- Name: COLUMN doctor.booking_seq; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.doctor.booking_seq IS 'Counts schedule writers. Updating it takes the lock, and fails a writer whose snapshot is stale.';


--
-- Name: CONSTRAINT doctor_buffer_minutes_valid ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_buffer_minutes_valid ON public.doctor IS 'A buffer lasts 0 to 480 minutes.';


--
-- Name: CONSTRAINT doctor_experience_years_valid ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_experience_years_valid ON public.doctor IS 'A doctor has 0 to 80 years of experience.';


--
-- Name: CONSTRAINT doctor_fee_has_no_minor_unit ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_fee_has_no_minor_unit ON public.doctor IS 'A fee has no decimals in a currency that has none.';


--
-- Name: CONSTRAINT doctor_fee_valid ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_fee_valid ON public.doctor IS 'A fee is not negative.';


--
-- Name: CONSTRAINT doctor_max_appointments_valid ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_max_appointments_valid ON public.doctor IS 'A doctor takes 0 to 30 appointments at a time.';


--
-- Name: CONSTRAINT doctor_slot_minutes_valid ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_slot_minutes_valid ON public.doctor IS 'A slot lasts 5 to 480 minutes.';


--
-- Name: appointment_doctor_cap(integer, public.doctor); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_doctor_cap(active integer, d public.doctor) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN active >= least(d.max_appointments, 30)
            THEN format(
                'This doctor is full, with %s of at most %s active appointments. Join the waitlist to hear of a free slot.',
                active, d.max_appointments
            )
    END
$$;


--
-- Name: FUNCTION appointment_doctor_cap(active integer, d public.doctor); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_doctor_cap(active integer, d public.doctor) IS 'Why a doctor with so many other active appointments can take no more; NULL: one more is fine.';


--
-- Name: appointment_doctor_no_overlap(boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_doctor_no_overlap(clash boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN clash THEN 'This slot is taken.' END
$$;


--
-- Name: FUNCTION appointment_doctor_no_overlap(clash boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_doctor_no_overlap(clash boolean) IS 'Why a doctor who has or has not another appointment then cannot take this one; NULL: they can.';


--
-- Name: appointment_doctor_verified(public.doctor, public.policy); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_doctor_verified(d public.doctor, p public.policy) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN d.disabled_at IS NOT NULL THEN 'This doctor takes no new appointments at present.'
        WHEN NOT is_verified(d, p) THEN 'This doctor has not been verified yet, so takes no new appointments.'
    END
$$;


--
-- Name: FUNCTION appointment_doctor_verified(d public.doctor, p public.policy); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_doctor_verified(d public.doctor, p public.policy) IS 'No doctor is booked whom an admin has disabled, nor, where the policy asks for it, one whom nobody has verified. Why a doctor takes no new appointments at all; NULL: not disabled, and verified, or the policy does not ask.';


--
-- Name: appointment_immutable(public.appointment, public.appointment, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_immutable(was public.appointment, becomes public.appointment, actor text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT 'These columns of an appointment cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('doctor_id', was.doctor_id <> becomes.doctor_id),
        (
            'patient_id',
            was.patient_id IS DISTINCT FROM becomes.patient_id AND (was.patient_id IS NOT NULL OR was.status <> 'offered')
        ),
        -- what is offered is this time
        ('during', was.during <> becomes.during AND was.status = 'offered'),
        ('seat', was.seat IS DISTINCT FROM becomes.seat),
        -- a payment keeps the slot while the money is being taken
        ('hold_expires_at', was.hold_expires_at IS DISTINCT FROM becomes.hold_expires_at AND actor <> 'payment'),
        ('cancel_deadline', was.cancel_deadline <> becomes.cancel_deadline),
        ('fee', was.fee <> becomes.fee),
        ('currency', was.currency <> becomes.currency),
        ('canceled_by', was.canceled_by IS DISTINCT FROM becomes.canceled_by),
        ('version', was.version <> becomes.version),
        ('created_at', was.created_at <> becomes.created_at),
        ('updated_at', was.updated_at <> becomes.updated_at)
    ) AS changes (name, changed)
    WHERE changed
$$;


--
-- Name: FUNCTION appointment_immutable(was public.appointment, becomes public.appointment, actor text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_immutable(was public.appointment, becomes public.appointment, actor text) IS 'An appointment''s doctor never changes, nor does its patient, except from none. Why one row may not become the other; NULL: nothing that must stay has changed.';


--
-- Name: appointment_is_active(text, timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_is_active(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT appointment_status(status, hold_expires_at, ends_at, at_) IN ('offered', 'pending', 'confirmed')
$$;


--
-- Name: FUNCTION appointment_is_active(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_is_active(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) IS 'Whether an appointment takes its slot and one of its doctor''s seats at an instant.';


--
-- Name: appointment_patient_hold_limit(integer, public.policy); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_patient_hold_limit(live_holds integer, p public.policy) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN live_holds >= p.patient_hold_limit
            THEN format('You already have %s unpaid bookings. Pay for one or give one up first.', live_holds)
    END
$$;


--
-- Name: FUNCTION appointment_patient_hold_limit(live_holds integer, p public.policy); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_patient_hold_limit(live_holds integer, p public.policy) IS 'A patient has at most as many unpaid holds as the policy allows. Why a patient with so many other live unpaid holds can make no more; NULL: one more is fine.';


--
-- Name: appointment_patient_no_overlap(boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_patient_no_overlap(clash boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN clash THEN 'The patient has another appointment at that time.' END
$$;


--
-- Name: FUNCTION appointment_patient_no_overlap(clash boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_patient_no_overlap(clash boolean) IS 'Why a patient who has or has not another appointment then cannot take this one; NULL: they can.';


--
-- Name: appointment_status_transition(text, text, timestamp with time zone, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_status_transition(old_status text, new_status text, hold_expires_at timestamp with time zone, during tstzrange, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status NOT IN ('offered', 'pending', 'confirmed')
            THEN format('An appointment cannot begin as %s.', new_status)
        WHEN old_status IS NULL THEN NULL
        WHEN old_status IN ('completed', 'no_show') AND new_status IN ('completed', 'no_show') AND old_status <> new_status
            THEN CASE WHEN at_ > upper(during) + interval '168 hours'
                THEN 'Whether a patient came can be corrected for 7 days after the visit.' END
        WHEN old_status NOT IN ('offered', 'pending', 'confirmed')
            THEN format('This appointment is %s and can no longer be changed.', replace(old_status, '_', '-'))
        WHEN new_status = 'expired' AND old_status = 'pending'
            THEN CASE WHEN at_ < hold_expires_at THEN 'The hold on this slot has not lapsed yet.' END
        WHEN old_status = 'pending' AND at_ >= hold_expires_at
            THEN 'The hold on this slot has lapsed; it can no longer be changed.'
        WHEN new_status IN ('completed', 'no_show') AND old_status = 'confirmed'
            THEN CASE
                WHEN at_ < lower(during) THEN 'The appointment has not started yet.'
                -- as if completed when it ended: what may be said must not depend on when a sweep came by
                WHEN new_status = 'no_show' AND at_ > upper(during) + interval '168 hours'
                    THEN 'Whether a patient came can be corrected for 7 days after the visit.'
            END
        WHEN new_status = 'released' AND old_status = 'offered' THEN NULL
        WHEN at_ >= lower(during) THEN 'The appointment has already started.'
        WHEN old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('offered', 'pending'), ('offered', 'confirmed'), ('pending', 'confirmed'),
            ('pending', 'canceled'), ('confirmed', 'canceled')
        ) THEN NULL
        ELSE format('A %s appointment cannot become %s.', old_status, new_status)
    END
$$;


--
-- Name: FUNCTION appointment_status_transition(old_status text, new_status text, hold_expires_at timestamp with time zone, during tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_status_transition(old_status text, new_status text, hold_expires_at timestamp with time zone, during tstzrange, at_ timestamp with time zone) IS 'An appointment changes only by the steps of its life, and an ended one never comes back. Why an appointment (old status NULL: a new one) may not take a status at an instant; NULL: it may.';


--
-- Name: payment; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.payment (
    id integer NOT NULL,
    appointment_id integer NOT NULL,
    amount numeric(12,2) NOT NULL,
    currency character(3) NOT NULL,
    status text DEFAULT 'created'::text NOT NULL,
    reference uuid DEFAULT gen_random_uuid() NOT NULL,
    order_id text,
    approval_url text,
    payer_id text,
    capture_request_id uuid,
    capture_id text,
    hold_expires_at timestamp with time zone,
    without_slot boolean DEFAULT false NOT NULL,
    refund_total numeric(12,2) DEFAULT '0'::numeric NOT NULL,
    attention text,
    due_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payment_amount_valid CHECK ((amount > (0)::numeric)),
    CONSTRAINT payment_capture_known CHECK (((status <> ALL (ARRAY['captured'::text, 'partially_refunded'::text, 'refunded'::text])) OR (capture_id IS NOT NULL))),
    CONSTRAINT payment_refund_within_capture CHECK (((refund_total >= (0)::numeric) AND (refund_total <=
CASE
    WHEN (status = ANY (ARRAY['captured'::text, 'partially_refunded'::text, 'refunded'::text])) THEN amount
    ELSE (0)::numeric
END))),
    CONSTRAINT payment_status_valid CHECK ((status = ANY (ARRAY['created'::text, 'approved'::text, 'capturing'::text, 'pending_review'::text, 'captured'::text, 'partially_refunded'::text, 'refunded'::text, 'canceled'::text, 'failed'::text])))
);


--
-- Name: TABLE payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.payment IS 'What a patient pays for an appointment, through an order at PayPal.';


--
-- Name: COLUMN payment.amount; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.amount IS 'The appointment''s fee.';


--
-- Name: COLUMN payment.currency; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.currency IS 'The appointment''s currency, ISO 4217.';


--
-- Name: COLUMN payment.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.status IS 'How far the payment is; see payment_status_transition().';


--
-- Name: COLUMN payment.reference; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.reference IS 'Our name for it at PayPal (custom_id), and the PayPal-Request-Id that creates the order.';


--
-- Name: COLUMN payment.order_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.order_id IS 'PayPal''s order; the API''s paymentId.';


--
-- Name: COLUMN payment.approval_url; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.approval_url IS 'Where the payer approves the order.';


--
-- Name: COLUMN payment.payer_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.payer_id IS 'PayPal''s id of who approved.';


--
-- Name: COLUMN payment.capture_request_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.capture_request_id IS 'The PayPal-Request-Id of the capture; a new one for each attempt that a decline ended.';


--
-- Name: COLUMN payment.capture_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.capture_id IS 'PayPal''s capture: the money taken.';


--
-- Name: COLUMN payment.hold_expires_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.hold_expires_at IS 'When the appointment''s hold would have ended without the capture.';


--
-- Name: COLUMN payment.without_slot; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.without_slot IS 'Captured, but the slot was gone: it is being paid back.';


--
-- Name: COLUMN payment.refund_total; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.refund_total IS 'Sum of its refunds that have not failed; set by trigger.';


--
-- Name: COLUMN payment.attention; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.attention IS 'What a person should look into; cleared by an admin.';


--
-- Name: COLUMN payment.due_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.due_at IS 'When the worker asks PayPal about it next; none: nothing to ask.';


--
-- Name: COLUMN payment.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.created_at IS 'When the payment was begun.';


--
-- Name: COLUMN payment.updated_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.payment.updated_at IS 'When its status last changed; set by trigger.';


--
-- Name: CONSTRAINT payment_amount_valid ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT payment_amount_valid ON public.payment IS 'A payment is of more than nothing.';


--
-- Name: CONSTRAINT payment_capture_known ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT payment_capture_known ON public.payment IS 'What was taken is known by PayPal''s name for it.';


--
-- Name: CONSTRAINT payment_refund_within_capture ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT payment_refund_within_capture ON public.payment IS 'Refunds never exceed what was paid.';


--
-- Name: CONSTRAINT payment_status_valid ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT payment_status_valid ON public.payment IS 'A payment has a status that there is.';


--
-- Name: appointment_to_pay(public.payment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_to_pay(pay public.payment) RETURNS public.appointment
    LANGUAGE plpgsql
    AS $$
DECLARE
    held_id integer := pay.appointment_id;
    a appointment;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = held_id;
    IF appointment_status(a.status, a.hold_expires_at, upper(a.during), clock_timestamp()) = 'expired' THEN
        held_id := retake_slot(pay);
        SELECT * INTO a FROM appointment WHERE id = held_id;
    END IF;
    RETURN a;
END
$$;


--
-- Name: FUNCTION appointment_to_pay(pay public.payment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_to_pay(pay public.payment) IS 'The appointment that a payment is for, its slot taken again if the hold has lapsed. Raises the rule that is in the way.';


--
-- Name: appointment_within_working_hours(public.doctor, tstzrange); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.appointment_within_working_hours(d public.doctor, slot tstzrange) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        -- a sum, not a difference, of which PostgreSQL before 17 knows none for what has no end
        WHEN lower(slot) + make_interval(mins => d.slot_minutes) <> upper(slot)
            THEN format('An appointment with this doctor takes exactly %s minutes.', d.slot_minutes)
        WHEN NOT EXISTS (
            SELECT FROM working_hours AS w,
                working_interval(w.start_minute, w.end_minute, d.timezone, (lower(slot) AT TIME ZONE d.timezone)::date) AS i
            WHERE w.doctor_id = d.account_id
                AND w.weekday = extract(isodow FROM lower(slot) AT TIME ZONE d.timezone)
                AND slot_fits(i, d.timezone, lower(slot), upper(slot))
                -- on the grid: a whole number of steps after the interval's start
                AND mod(extract(epoch FROM lower(slot) - i.starts_at), (d.slot_minutes + d.buffer_minutes) * 60) = 0
        ) THEN format('This is not one of the doctor''s slots (times of %s).', d.timezone)
        WHEN is_time_off(d.account_id, slot) THEN 'The doctor is away at that time.'
    END
$$;


--
-- Name: FUNCTION appointment_within_working_hours(d public.doctor, slot tstzrange); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.appointment_within_working_hours(d public.doctor, slot tstzrange) IS 'An appointment is exactly one slot of the doctor''s working hours, outside time off. Why a time is no slot of this doctor; NULL: it is one. Costs the same whatever the length of the working day.';


--
-- Name: await_review(public.payment, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.await_review(pay public.payment, p_capture text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    hold_end timestamptz;
BEGIN
    IF pay.status = 'pending_review' THEN
        RETURN;
    END IF;
    UPDATE payment SET status = 'pending_review', capture_id = p_capture WHERE id = pay.id;
    hold_end := hold_for_capture(pay, clock_timestamp() + make_interval(hours => (SELECT review_hours FROM policy)));
    UPDATE payment SET hold_expires_at = hold_end WHERE id = pay.id AND pay.status <> 'capturing';
EXCEPTION
    WHEN unique_violation THEN
        UPDATE payment SET attention = format('PayPal is deciding on a second payment, by capture %s.', p_capture)
        WHERE id = pay.id;
    WHEN check_violation OR exclusion_violation THEN
        -- the slot is gone: should the money be taken, it goes back
        UPDATE payment SET status = 'pending_review', capture_id = p_capture WHERE id = pay.id;
END
$$;


--
-- Name: FUNCTION await_review(pay public.payment, p_capture text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.await_review(pay public.payment, p_capture text) IS 'PayPal has not decided: keeps the slot, if it can still be had, for policy.review_hours at most.';


--
-- Name: barred_patient(integer, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.barred_patient(p_patient integer, p_is_new boolean) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN status = 'erased' THEN 'There is no such patient any more.'
        WHEN status = 'disabled' AND p_is_new THEN 'This patient''s account is disabled.'
    END
    FROM account WHERE id = p_patient
$$;


--
-- Name: FUNCTION barred_patient(p_patient integer, p_is_new boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.barred_patient(p_patient integer, p_is_new boolean) IS 'Why something, new or not, cannot be about a patient: what a disabled one has booked may still be moved. NULL: it can.';


--
-- Name: begin_capture(integer, text, numeric, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.begin_capture(p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text) RETURNS TABLE(request_id uuid, rule text, why text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    pay payment := lock_payment(p_payment);
    hold_end timestamptz;
BEGIN
    IF pay.status NOT IN ('created', 'approved') THEN
        RETURN;
    END IF;
    IF (pay.amount, pay.currency::text, pay.reference::text) IS DISTINCT FROM (p_amount, p_currency, p_reference) THEN
        UPDATE payment SET status = 'failed', attention = 'PayPal''s order is not the one that was made for this payment.'
        WHERE id = p_payment;
        rule := 'payment_amount_matches_fee';
        why := 'The order at PayPal is not this payment''s.';
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE payment SET status = 'approved', payer_id = p_payer WHERE id = p_payment;
    BEGIN
        hold_end := hold_for_capture(pay, clock_timestamp() + capture_time());
        UPDATE payment SET status = 'capturing', capture_request_id = gen_random_uuid(), hold_expires_at = hold_end
        WHERE id = p_payment
        RETURNING capture_request_id INTO request_id;
    EXCEPTION WHEN check_violation OR exclusion_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
        PERFORM give_up_capture(pay);
    END;
    RETURN NEXT;
END
$$;


--
-- Name: FUNCTION begin_capture(p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.begin_capture(p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text) IS 'Before a capture: checks PayPal''s order against the payment, secures the slot, and returns the PayPal-Request-Id to capture with; or the rule in the way, and nothing may be captured. No row: somebody else is at it, or it is done.';


--
-- Name: begin_receipt(integer, text, text, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.begin_receipt(p_account integer, p_route text, p_key text, p_fingerprint bytea) RETURNS TABLE(same_request boolean, status smallint, answer bytea, payment_id integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    -- whoever comes second waits here until the first's transaction has ended; what is too old may not be swept yet
    INSERT INTO receipt AS r (account_id, route, key, fingerprint) VALUES (p_account, p_route, p_key, p_fingerprint)
    ON CONFLICT ON CONSTRAINT receipt_pkey DO UPDATE
        SET fingerprint = p_fingerprint, status = NULL, answer = NULL, payment_id = NULL, created_at = clock_timestamp()
        WHERE r.created_at <= clock_timestamp() - receipt_lifetime();
    IF NOT FOUND THEN
        RETURN QUERY SELECT r.fingerprint = p_fingerprint, r.status, r.answer, r.payment_id FROM receipt AS r
            WHERE (r.account_id, r.route, r.key) = (p_account, p_route, p_key);
    END IF;
END
$$;


--
-- Name: FUNCTION begin_receipt(p_account integer, p_route text, p_key text, p_fingerprint bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.begin_receipt(p_account integer, p_route text, p_key text, p_fingerprint bytea) IS 'Begins the receipt of a request (account id, operation, Idempotency-Key, SHA-256 of the body), in the transaction that does what it asks for. A row: it was done before, or another request was, and how.';


--
-- Name: bind_receipt(integer, text, text, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.bind_receipt(p_account integer, p_route text, p_key text, p_payment integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE receipt SET payment_id = p_payment
    WHERE (account_id, route, key) = (p_account, p_route, p_key) AND status IS NULL AND payment_id IS NULL
$$;


--
-- Name: FUNCTION bind_receipt(p_account integer, p_route text, p_key text, p_payment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.bind_receipt(p_account integer, p_route text, p_key text, p_payment integer) IS 'Writes on a receipt that was begun which payment its request is about, once: how that stands is the answer.';


--
-- Name: notification; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notification (
    id bigint NOT NULL,
    kind text NOT NULL,
    account_id integer NOT NULL,
    appointment_id integer,
    appointment_version integer,
    waitlist_entry_id integer,
    offer_id integer,
    payment_id integer,
    slot tstzrange,
    snapshot jsonb,
    batch uuid,
    also integer[] DEFAULT '{}'::integer[] NOT NULL,
    request_id text DEFAULT "substring"(current_setting('booking.request'::text, true), '^[A-Za-z0-9_.-]{1,64}$'::text),
    status text DEFAULT 'queued'::text NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts smallint DEFAULT '0'::smallint NOT NULL,
    message_id uuid DEFAULT gen_random_uuid() NOT NULL,
    outcome text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT notification_appointment_known CHECK ((((kind = ANY (ARRAY['email_verification'::text, 'email_changing'::text, 'password_reset'::text, 'password_changed'::text, 'waitlist_joined'::text, 'waiting_ended'::text, 'waiting_lapsed'::text, 'account_erased'::text])) = (appointment_id IS NULL)) AND ((appointment_id IS NULL) = (appointment_version IS NULL)))),
    CONSTRAINT notification_kind_valid CHECK ((kind = ANY (ARRAY['appointment_confirmed'::text, 'appointment_canceled'::text, 'appointment_rescheduled'::text, 'slot_offered'::text, 'offer_superseded'::text, 'offer_expired'::text, 'payment_too_late'::text, 'refund_requested'::text, 'refund_completed'::text, 'appointment_held'::text, 'hold_lapsing'::text, 'appointment_reminder'::text, 'email_verification'::text, 'email_changing'::text, 'password_reset'::text, 'password_changed'::text, 'waitlist_joined'::text, 'waiting_ended'::text, 'waiting_lapsed'::text, 'account_erased'::text]))),
    CONSTRAINT notification_status_valid CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'skipped'::text, 'failed'::text])))
);


--
-- Name: TABLE notification; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.notification IS 'The outbox: one mail to one account, about one version of one appointment or about the account.';


--
-- Name: COLUMN notification.kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.kind IS 'Which mail; names its template.';


--
-- Name: COLUMN notification.account_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.account_id IS 'Who gets it.';


--
-- Name: COLUMN notification.appointment_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.appointment_id IS 'What it is about; none: the account itself.';


--
-- Name: COLUMN notification.appointment_version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.appointment_version IS 'A mail about an older version is skipped.';


--
-- Name: COLUMN notification.waitlist_entry_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.waitlist_entry_id IS 'The entry whose beginning or end a mail tells.';


--
-- Name: COLUMN notification.offer_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.offer_id IS 'The offer that a mail is about.';


--
-- Name: COLUMN notification.payment_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.payment_id IS 'The payment that a mail about money is about.';


--
-- Name: COLUMN notification.slot; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.slot IS 'appointment_rescheduled: the time it was moved from.';


--
-- Name: COLUMN notification.snapshot; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.snapshot IS 'Until it is sent, what it needs that changes or goes: email, recipient, doctor, patient.';


--
-- Name: COLUMN notification.batch; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.batch IS 'What one act canceled together is told in one mail a person.';


--
-- Name: COLUMN notification.also; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.also IS 'The batch''s other appointments of this account.';


--
-- Name: COLUMN notification.request_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.request_id IS 'The X-Request-ID of the act (setting booking.request); none: the sweep, or a person at psql.';


--
-- Name: COLUMN notification.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.status IS 'queued, sent, skipped or failed.';


--
-- Name: COLUMN notification.due_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.due_at IS 'Not before; while a worker is sending: when another may try.';


--
-- Name: COLUMN notification.attempts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.attempts IS 'How often a worker took it.';


--
-- Name: COLUMN notification.message_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.message_id IS 'Left part of the mail''s Message-ID; the same at every attempt.';


--
-- Name: COLUMN notification.outcome; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.outcome IS 'Why it was skipped, or what the last attempt met.';


--
-- Name: COLUMN notification.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.created_at IS 'When the event happened.';


--
-- Name: COLUMN notification.sent_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.notification.sent_at IS 'When the mail server took it.';


--
-- Name: CONSTRAINT notification_appointment_known ON notification; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT notification_appointment_known ON public.notification IS 'A mail about an appointment says about which version of it.';


--
-- Name: CONSTRAINT notification_kind_valid ON notification; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT notification_kind_valid ON public.notification IS 'A mail is of a kind that there is.';


--
-- Name: CONSTRAINT notification_status_valid ON notification; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT notification_status_valid ON public.notification IS 'A mail has a status that there is.';


--
-- Name: blocked_until(public.notification); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.blocked_until(n public.notification) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    SELECT max(e.due_at)
    FROM notification AS e
    WHERE e.account_id = n.account_id AND e.id < n.id AND e.status = 'queued' AND e.attempts > 0
        -- codes expire, and may go to another address: they neither wait nor are waited for
        AND coalesce(e.appointment_id, e.waitlist_entry_id) IS NOT NULL
        AND coalesce(n.appointment_id, n.waitlist_entry_id) IS NOT NULL
        AND notification_stale(e) IS NULL
$$;


--
-- Name: FUNCTION blocked_until(n public.notification); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.blocked_until(n public.notification) IS 'Until when a mail waits for earlier ones to the same account that were tried in vain or are being sent; NULL: it does not.';


--
-- Name: book(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.book(p_patient integer, p_doctor integer, p_start timestamp with time zone) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    minutes smallint := (SELECT slot_minutes FROM doctor WHERE account_id = p_doctor);
    new_id integer;
    offer_id integer;
BEGIN
    IF has_waitlist(p_doctor) THEN
        PERFORM serve_waitlist(p_doctor); -- what the clock has freed is theirs first
        offer_id := open_offer(p_patient, p_doctor, p_start);
        IF offer_id IS NOT NULL THEN
            RETURN QUERY SELECT * FROM claim_offer(p_patient, offer_id);
            RETURN;
        END IF;
    END IF;
    PERFORM act_as('patient', p_patient);
    -- for a doctor who does not exist any length will do: the trigger refuses
    INSERT INTO appointment (doctor_id, patient_id, during)
    VALUES (p_doctor, p_patient, tstzrange(p_start, p_start + make_interval(mins => coalesce(minutes, 30))))
    RETURNING id INTO new_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = new_id;
END
$$;


--
-- Name: FUNCTION book(p_patient integer, p_doctor integer, p_start timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.book(p_patient integer, p_doctor integer, p_start timestamp with time zone) IS 'Books for a patient (account id) with a doctor (account id). Confirmed if the fee is 0, else a hold. A slot that is offered to the patient is claimed by it. Raises the broken rule.';


--
-- Name: booking_actor(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.booking_actor() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT coalesce(nullif(split_part(current_setting('booking.actor', true), ':', 1), ''), 'admin')
$$;


--
-- Name: FUNCTION booking_actor(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.booking_actor() IS 'patient, doctor, payer, payment, purge, system or admin: who is writing at this moment.';


--
-- Name: booking_rules(integer, integer, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.booking_rules(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer) RETURNS TABLE(rule text, why text)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    a appointment;
    d doctor;
    p policy;
    of_doctor other_appointments;
    owed tstzrange[];
    at_ timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO d FROM doctor WHERE account_id = p_doctor;
    IF NOT FOUND THEN
        RETURN; -- who is nobody has no hours to be outside of
    END IF;
    SELECT * INTO p FROM policy;
    SELECT * INTO a FROM appointment
    WHERE id = coalesce(p_appointment, (SELECT appointment_id FROM offer WHERE id = open_offer(p_patient, p_doctor, p_start)));
    rule := 'appointment_status_transition';
    why := appointment_status_transition(a.status, a.status, a.hold_expires_at, a.during, at_);
    IF p_appointment IS NOT NULL AND why IS NOT NULL THEN
        RETURN NEXT; -- no slot will do for what can no longer be moved
    END IF;
    a.doctor_id := p_doctor;
    a.patient_id := p_patient;
    a.during := tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes));
    IF p_appointment IS NULL THEN
        -- a slot that is on offer to the patient is claimed, at the price it was offered for
        a.status := CASE WHEN coalesce(a.fee, d.fee) = 0 THEN 'confirmed' ELSE 'pending' END;
    END IF;
    of_doctor := other_appointments_of_doctor(a, at_);
    owed := reserved_slots(p_doctor, at_);
    of_doctor.active := of_doctor.active + cardinality(owed);
    of_doctor.clash := of_doctor.clash OR a.during && ANY (owed);
    RETURN QUERY SELECT * FROM slot_rules(a, d, p, at_, of_doctor, other_appointments_of_patient(a, at_));
END
$$;


--
-- Name: FUNCTION booking_rules(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.booking_rules(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer) IS 'Every rule of booking a doctor''s slot now, or of moving an appointment there, and why a patient would break it; NULL: they would not. A look without a lock; nothing if there is no such doctor.';


--
-- Name: broken_rules(public.appointment, public.doctor, public.policy, timestamp with time zone, public.other_appointments, public.other_appointments); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.broken_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments) RETURNS TABLE(rule text, why text)
    LANGUAGE sql STABLE
    AS $$
    SELECT rule, why FROM slot_rules(a, d, p, at_, of_doctor, of_patient) WHERE why IS NOT NULL
$$;


--
-- Name: FUNCTION broken_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.broken_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments) IS 'Every rule that an appointment would break by taking its place at an instant, and why; none: it may.';


--
-- Name: bulk_cancel(integer, integer, date, text, boolean, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.bulk_cancel(p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean) RETURNS SETOF public.api_appointment
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT * FROM bulk_cancel_by('doctor', p_doctor, p_patient, p_date, p_reason, p_block, p_dry_run)
$$;


--
-- Name: FUNCTION bulk_cancel(p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.bulk_cancel(p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean) IS 'Cancels all of a doctor''s active appointments that have not started, of one patient and on one day of the doctor''s if given; a dry run only lists them.';


--
-- Name: bulk_cancel_by(text, integer, integer, date, text, boolean, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.bulk_cancel_by(p_actor text, p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql
    AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
    chosen integer[];
BEGIN
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO chosen
    FROM held_appointments(p_doctor, clock_timestamp())
    WHERE (p_patient IS NULL OR patient_id = p_patient)
        AND (p_date IS NULL OR (lower(during) AT TIME ZONE d.timezone)::date = p_date);
    IF NOT p_dry_run THEN
        PERFORM cancel_chosen(p_actor, chosen, p_reason, p_block);
    END IF;
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (chosen) ORDER BY appointment_date, id;
END
$$;


--
-- Name: FUNCTION bulk_cancel_by(p_actor text, p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.bulk_cancel_by(p_actor text, p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean) IS 'What bulk_cancel() does, as an act of the doctor or of an admin.';


--
-- Name: calendar_entries(integer[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.calendar_entries(p_appointments integer[]) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'uid', calendar_uid, 'version', version, 'starts_at', lower(during), 'ends_at', upper(during)
    ) ORDER BY lower(during)), '[]')
    FROM appointment
    -- one that keeps the end of a hold was never confirmed, so no calendar knows of it
    WHERE id = ANY (p_appointments) AND status IN ('confirmed', 'canceled') AND hold_expires_at IS NULL
$$;


--
-- Name: FUNCTION calendar_entries(p_appointments integer[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.calendar_entries(p_appointments integer[]) IS 'Appointments as calendars know them, in order; none that was never confirmed.';


--
-- Name: calendar_feed_entries(bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.calendar_feed_entries(p_token bytea) RETURNS TABLE(uid uuid, version integer, starts_at timestamp with time zone, ends_at timestamp with time zone, status text, with_whom text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT
        a.calendar_uid,
        a.version,
        lower(a.during),
        upper(a.during),
        appointment_status(a.status, a.hold_expires_at, upper(a.during), now()),
        CASE WHEN a.doctor_id = f.account_id THEN p.full_name ELSE d.full_name END
    FROM calendar_feed AS f
    INNER JOIN account AS o ON f.account_id = o.id AND o.status = 'active'
    LEFT JOIN appointment AS a ON (f.account_id = a.doctor_id OR f.account_id = a.patient_id)
        AND appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) IN ('pending', 'confirmed', 'completed')
        AND lower(a.during) > now() - interval '720 hours'
    LEFT JOIN doctor AS d ON a.doctor_id = d.account_id
    LEFT JOIN patient AS p ON a.patient_id = p.account_id
    WHERE f.token_hash = p_token
    ORDER BY lower(a.during)
$$;


--
-- Name: FUNCTION calendar_feed_entries(p_token bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.calendar_feed_entries(p_token bytea) IS 'What the link with the token of this SHA-256 shows: appointments held, ahead and of the last 30 days (720 hours); one row of NULLs where there are none, no row where there is no such link.';


--
-- Name: cancel_as_doctor(integer, integer, text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor) THEN
        RETURN;
    END IF;
    PERFORM lock_doctor_of(p_appointment);
    PERFORM cancel_together('doctor', ARRAY[p_appointment], p_reason, p_block);
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;


--
-- Name: FUNCTION cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean) IS 'Cancels a doctor''s (account id) appointment, and takes the time off if told to block it; no row if it is not theirs.';


--
-- Name: cancel_as_patient(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.cancel_as_patient(p_patient integer, p_appointment integer) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM act_as('patient', p_patient);
    PERFORM lock_doctor_of(p_appointment);
    UPDATE appointment SET status = 'canceled' WHERE id = p_appointment AND patient_id = p_patient;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment AND patient = p_patient;
END
$$;


--
-- Name: FUNCTION cancel_as_patient(p_patient integer, p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.cancel_as_patient(p_patient integer, p_appointment integer) IS 'Cancels a patient''s (account id) appointment; no row if it is not theirs. Raises the broken rule.';


--
-- Name: cancel_chosen(text, integer[], text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.cancel_chosen(p_actor text, p_appointments integer[], p_reason text, p_block boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    rule text;
BEGIN
    PERFORM cancel_together(p_actor, p_appointments, p_reason, p_block);
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
    IF rule <> 'appointment_status_transition' THEN
        RAISE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'An appointment has just ended or begun; try again.';
END
$$;


--
-- Name: FUNCTION cancel_chosen(p_actor text, p_appointments integer[], p_reason text, p_block boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.cancel_chosen(p_actor text, p_appointments integer[], p_reason text, p_block boolean) IS 'Cancels appointments of one doctor that were held a moment ago. The doctor must be locked.';


--
-- Name: cancel_payments(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.cancel_payments(p_appointment integer) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT request_refund(id, 'appointment_canceled') FROM payment WHERE appointment_id = p_appointment;
    UPDATE payment SET status = 'canceled' WHERE appointment_id = p_appointment AND status IN ('created', 'approved');
$$;


--
-- Name: FUNCTION cancel_payments(p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.cancel_payments(p_appointment integer) IS 'An appointment is canceled: what was paid goes back in full, what was not paid yet is no longer payable.';


--
-- Name: cancel_together(text, integer[], text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.cancel_together(p_actor text, p_appointments integer[], p_reason text, p_block boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM act_as(p_actor, CASE p_actor WHEN 'doctor' THEN doctor_of(p_appointments[1]) END);
    PERFORM set_config('booking.batch', gen_random_uuid()::text, true);
    IF p_block THEN
        -- first, so that a canceled appointment's time is not announced as free
        INSERT INTO time_off (doctor_id, during) SELECT doctor_id, during FROM appointment WHERE id = ANY (p_appointments);
    END IF;
    UPDATE appointment SET status = 'canceled', cancel_reason = p_reason WHERE id = ANY (p_appointments);
    PERFORM set_config('booking.batch', '', true);
    PERFORM act_as('');
END
$$;


--
-- Name: FUNCTION cancel_together(p_actor text, p_appointments integer[], p_reason text, p_block boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.cancel_together(p_actor text, p_appointments integer[], p_reason text, p_block boolean) IS 'Cancels appointments of one doctor as one act, of the doctor or of an admin. The doctor must be locked.';


--
-- Name: capture_time(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.capture_time() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT interval '10 min'
$$;


--
-- Name: FUNCTION capture_time(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.capture_time() IS 'Longer than a capture takes, with all that is tried again.';


--
-- Name: change_email(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.change_email(p_account integer, p_email text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_email = a.pending_email THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM account WHERE lower(email) = lower(p_email) AND id <> p_account) THEN
        -- said at once, as it would be when the address is proven
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'account_email_unique',
            MESSAGE = 'An account with this email exists already.';
    END IF;
    UPDATE account SET pending_email = p_email WHERE id = p_account;
    DELETE FROM account_token WHERE account_id = p_account AND purpose = 'email_verification';
    INSERT INTO notification (kind, account_id) VALUES ('email_verification', p_account);
    IF a.email_verified_at IS NOT NULL THEN
        INSERT INTO notification (kind, account_id, snapshot)
        VALUES ('email_changing', p_account, jsonb_build_object('email', a.email));
    END IF;
END
$$;


--
-- Name: FUNCTION change_email(p_account integer, p_email text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.change_email(p_account integer, p_email text) IS 'Has a code mailed to an account''s new address, which is the account''s once it is proven, and tells a proven old one.';


--
-- Name: waitlist_entry; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.waitlist_entry (
    id integer NOT NULL,
    doctor_id integer NOT NULL,
    patient_id integer NOT NULL,
    desired_date date,
    priority_class smallint DEFAULT '2'::smallint NOT NULL,
    earliest_time time without time zone,
    latest_time time without time zone,
    min_notice_minutes integer DEFAULT 0 NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT waitlist_entry_min_notice_minutes_valid CHECK (((min_notice_minutes >= 0) AND (min_notice_minutes <= 21600))),
    CONSTRAINT waitlist_entry_priority_class_valid CHECK (((priority_class >= 1) AND (priority_class <= 2))),
    CONSTRAINT waitlist_entry_status_valid CHECK ((status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text, 'fulfilled'::text, 'left'::text, 'lapsed'::text]))),
    CONSTRAINT waitlist_entry_times_valid CHECK ((earliest_time <= latest_time))
);


--
-- Name: TABLE waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.waitlist_entry IS 'A patient who waits for a slot with a doctor. In line by priority class, then in order of id.';


--
-- Name: COLUMN waitlist_entry.desired_date; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.waitlist_entry.desired_date IS 'A day in the doctor''s zone; none: any day.';


--
-- Name: COLUMN waitlist_entry.priority_class; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.waitlist_entry.priority_class IS '1: this doctor canceled on them lately; 2: everybody else; set by trigger.';


--
-- Name: COLUMN waitlist_entry.earliest_time; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.waitlist_entry.earliest_time IS 'The slot starts at this time of the doctor''s day or later; none: as early as may be.';


--
-- Name: COLUMN waitlist_entry.latest_time; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.waitlist_entry.latest_time IS 'The slot starts at this time of the doctor''s day or earlier; none: as late as may be.';


--
-- Name: COLUMN waitlist_entry.min_notice_minutes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.waitlist_entry.min_notice_minutes IS 'How long before its start an offer must come, if policy asks for less.';


--
-- Name: COLUMN waitlist_entry.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.waitlist_entry.status IS 'waiting, offered and paused are live.';


--
-- Name: COLUMN waitlist_entry.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.waitlist_entry.created_at IS 'When the patient joined.';


--
-- Name: CONSTRAINT waitlist_entry_min_notice_minutes_valid ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT waitlist_entry_min_notice_minutes_valid ON public.waitlist_entry IS 'The notice that an offer must give is 0 to 21600 minutes.';


--
-- Name: CONSTRAINT waitlist_entry_priority_class_valid ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT waitlist_entry_priority_class_valid ON public.waitlist_entry IS 'A waitlist entry is of the first or the second class.';


--
-- Name: CONSTRAINT waitlist_entry_status_valid ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT waitlist_entry_status_valid ON public.waitlist_entry IS 'A waitlist entry has a status that there is.';


--
-- Name: CONSTRAINT waitlist_entry_times_valid ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT waitlist_entry_times_valid ON public.waitlist_entry IS 'The earliest time that suits is not after the latest.';


--
-- Name: api_waitlist_entry; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.api_waitlist_entry AS
 SELECT id,
    doctor_id AS doctor,
    patient_id AS patient,
    desired_date,
    earliest_time,
    latest_time,
    min_notice_minutes,
    status,
        CASE
            WHEN (status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text])) THEN ( SELECT (count(*) + 1)
               FROM public.waitlist_entry o
              WHERE ((o.doctor_id = w.doctor_id) AND (ROW(o.priority_class, o.id) < ROW(w.priority_class, w.id)) AND (o.status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text])) AND ((o.desired_date IS NULL) OR (w.desired_date IS NULL) OR (o.desired_date = w.desired_date))))
            ELSE NULL::bigint
        END AS "position",
    created_at
   FROM public.waitlist_entry w;


--
-- Name: VIEW api_waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.api_waitlist_entry IS 'Waitlist entries as the API shows them; position 1 is first in line, none once ended.';


--
-- Name: change_entry_status(integer, integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.change_entry_status(p_patient integer, p_entry integer, p_status text) RETURNS SETOF public.api_waitlist_entry
    LANGUAGE plpgsql
    AS $$
DECLARE
    w waitlist_entry := lock_entry(p_patient, p_entry);
BEGIN
    IF w.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'declined'
    WHERE waitlist_entry_id = w.id AND status IN ('queued', 'sent') AND p_status <> 'waiting';
    -- who is offered a slot is not paused
    UPDATE waitlist_entry SET status = p_status WHERE id = w.id AND NOT (status = 'offered' AND p_status = 'waiting');
    PERFORM serve_waitlist(w.doctor_id);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = w.id;
END
$$;


--
-- Name: FUNCTION change_entry_status(p_patient integer, p_entry integer, p_status text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.change_entry_status(p_patient integer, p_entry integer, p_status text) IS 'Changes the status of a patient''s waitlist entry, ends its offer, and sees to the others in line; no row if it is not theirs.';


--
-- Name: change_password(integer, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.change_password(p_account integer, p_old_hash text, p_new_hash text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM account WHERE id = p_account AND password_hash = p_old_hash AND status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_password(p_account, p_new_hash);
    RETURN true;
END
$$;


--
-- Name: FUNCTION change_password(p_account integer, p_old_hash text, p_new_hash text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.change_password(p_account integer, p_old_hash text, p_new_hash text) IS 'Replaces a password hash that still is the one verified, with what follows; false if it is another by now.';


--
-- Name: change_patient(integer, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.change_patient(p_patient integer, p_changes jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    was patient;
    wanted patient;
BEGIN
    SELECT * INTO was FROM patient WHERE account_id = p_patient FOR NO KEY UPDATE;
    wanted := jsonb_populate_record(was, p_changes);
    UPDATE patient SET full_name = wanted.full_name, phone = wanted.phone, timezone = wanted.timezone
    WHERE account_id = p_patient;
    PERFORM change_email(p_patient, p_changes ->> 'email') WHERE p_changes ? 'email';
END
$$;


--
-- Name: FUNCTION change_patient(p_patient integer, p_changes jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.change_patient(p_patient integer, p_changes jsonb) IS 'Changes a patient''s email or profile ({column: value}).';


--
-- Name: change_practice(integer, jsonb, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean) RETURNS TABLE(practice public.doctor, affected public.api_appointment[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    was doctor := lock_doctor(p_doctor);
    wanted doctor := jsonb_populate_record(was, p_changes);
BEGIN
    PERFORM act_as('doctor', p_doctor);
    PERFORM change_email(p_doctor, p_changes ->> 'email') WHERE p_changes ? 'email';
    UPDATE doctor SET
        full_name = wanted.full_name,
        phone = wanted.phone,
        specialty = wanted.specialty,
        experience_years = wanted.experience_years,
        timezone = wanted.timezone,
        slot_minutes = wanted.slot_minutes,
        buffer_minutes = wanted.buffer_minutes,
        max_appointments = wanted.max_appointments,
        fee = wanted.fee,
        currency = wanted.currency
    WHERE account_id = p_doctor
    RETURNING * INTO practice;
    affected := ARRAY(
        SELECT a FROM settle_affected(
            ARRAY(SELECT id FROM stranded_appointments(practice, clock_timestamp()) WHERE practice.timezone <> was.timezone),
            'The doctor''s time zone has changed.',
            p_cancel
        ) AS a
    );
    RETURN NEXT;
END
$$;


--
-- Name: FUNCTION change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean) IS 'Changes a doctor''s email, profile, zone, slot and buffer length, cap, fee or currency ({column: value}) and returns the appointments that a new zone strands, canceled if so told; else the commit is refused.';


--
-- Name: changed_appointment(public.appointment, public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_appointment(was public.appointment, becomes public.appointment, at_ timestamp with time zone) RETURNS public.appointment
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    actor text := booking_actor();
BEGIN
    IF becomes.status = 'canceled' THEN
        PERFORM refuse('appointment_cancel_notice', appointment_cancel_notice(actor, was.cancel_deadline, at_));
        becomes.canceled_by := CASE actor WHEN 'payer' THEN 'patient' ELSE actor END;
    END IF;
    IF becomes.status NOT IN ('offered', 'pending', 'confirmed') THEN
        becomes.seat := NULL;
    END IF;
    IF becomes.during <> was.during THEN
        becomes.cancel_deadline := CASE actor
            -- never later: a patient cannot move a visit away only to cancel it
            WHEN 'patient' THEN least(was.cancel_deadline, lower(becomes.during) - interval '72 hours')
            -- a fresh right for whoever did not choose the new time
            ELSE lower(becomes.during)
        END;
    END IF;
    -- a move never extends a hold, nor makes one
    becomes.hold_expires_at := CASE
        WHEN becomes.status <> 'confirmed' AND was.hold_expires_at IS NOT NULL
            THEN least(becomes.hold_expires_at, lower(becomes.during))
    END;
    IF becomes.status <> was.status OR becomes.during <> was.during OR becomes.patient_id IS DISTINCT FROM was.patient_id THEN
        becomes.version := was.version + 1;
    END IF;
    becomes.updated_at := at_;
    RETURN becomes;
END
$$;


--
-- Name: FUNCTION changed_appointment(was public.appointment, becomes public.appointment, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.changed_appointment(was public.appointment, becomes public.appointment, at_ timestamp with time zone) IS 'A changed row with the columns set that follow from the change and from who made it.';


--
-- Name: account; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account (
    id integer NOT NULL,
    username text,
    email text,
    email_verified_at timestamp with time zone,
    pending_email text,
    password_hash text,
    role text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    disabled_reason text,
    generation integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_email_valid CHECK (((email ~ '^[!-?A-~]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$'::text) AND (length(email) <= 254))),
    CONSTRAINT account_erased_is_empty CHECK ((((status = 'erased'::text) = (username IS NULL)) AND ((status = 'erased'::text) = (email IS NULL)) AND ((status = 'erased'::text) = (password_hash IS NULL)) AND ((status <> 'erased'::text) OR ((email_verified_at IS NULL) AND (pending_email IS NULL))))),
    CONSTRAINT account_pending_email_valid CHECK (((pending_email ~ '^[!-?A-~]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$'::text) AND (length(pending_email) <= 254))),
    CONSTRAINT account_role_valid CHECK ((role = ANY (ARRAY['doctor'::text, 'patient'::text]))),
    CONSTRAINT account_status_valid CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text, 'erased'::text]))),
    CONSTRAINT account_username_valid CHECK ((username ~ '^[A-Za-z0-9_.@+-]{1,150}$'::text))
);


--
-- Name: TABLE account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.account IS 'A login. What a person is, doctor or patient, is fixed by the profile that refers to it.';


--
-- Name: COLUMN account.username; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.username IS 'Unique whatever its case; none once erased.';


--
-- Name: COLUMN account.email; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.email IS 'Where mails go. Unique whatever its case; none once erased.';


--
-- Name: COLUMN account.email_verified_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.email_verified_at IS 'When its owner proved to read it; none: not yet.';


--
-- Name: COLUMN account.pending_email; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.pending_email IS 'The address that is to be, once it is proven.';


--
-- Name: COLUMN account.password_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.password_hash IS 'argon2id, PHC string format; none once erased.';


--
-- Name: COLUMN account.role; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.role IS 'doctor or patient; a profile pins it for good.';


--
-- Name: COLUMN account.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.status IS 'active, disabled by an admin, or erased on request.';


--
-- Name: COLUMN account.disabled_reason; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.disabled_reason IS 'Why an admin has disabled it; none once enabled. Not told to its owner.';


--
-- Name: COLUMN account.generation; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.generation IS 'Access tokens name it; counting it up revokes all of them at once.';


--
-- Name: COLUMN account.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.created_at IS 'When the account was registered.';


--
-- Name: CONSTRAINT account_email_valid ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_email_valid ON public.account IS 'An email address looks like one.';


--
-- Name: CONSTRAINT account_erased_is_empty ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_erased_is_empty ON public.account IS 'Of an erased account only the id is left, and of no other.';


--
-- Name: CONSTRAINT account_pending_email_valid ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_pending_email_valid ON public.account IS 'A new email address looks like one.';


--
-- Name: CONSTRAINT account_role_valid ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_role_valid ON public.account IS 'An account is a doctor''s or a patient''s.';


--
-- Name: CONSTRAINT account_status_valid ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_status_valid ON public.account IS 'An account has a status that there is.';


--
-- Name: CONSTRAINT account_username_valid ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_username_valid ON public.account IS 'A username has 1 to 150 letters, digits or any of _.@+-.';


--
-- Name: mail_address(public.account, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.mail_address(a public.account, p_kind text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN p_kind = 'email_verification'
            THEN coalesce(a.pending_email, CASE WHEN a.email_verified_at IS NULL THEN a.email END)
        ELSE a.email
    END
$$;


--
-- Name: FUNCTION mail_address(a public.account, p_kind text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.mail_address(a public.account, p_kind text) IS 'Where a kind of mail to an account goes; NULL: nowhere, as there is nothing to prove.';


--
-- Name: money_text(numeric, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.money_text(amount numeric, currency text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE WHEN currency IN ('HUF', 'JPY', 'TWD') THEN trim_scale(amount) ELSE amount END || ' ' || currency
$$;


--
-- Name: FUNCTION money_text(amount numeric, currency text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.money_text(amount numeric, currency text) IS 'An amount of money as people read it: 100.00 USD, 5000 JPY.';


--
-- Name: refunds_of(integer[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refunds_of(p_appointments integer[]) RETURNS text[]
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(array_agg(money_text(total, currency) ORDER BY currency), '{}')
    FROM (
        SELECT p.currency, sum(r.amount) AS total
        FROM refund AS r
        INNER JOIN payment AS p ON r.payment_id = p.id
        WHERE p.appointment_id = ANY (p_appointments) AND r.status <> 'failed'
        GROUP BY p.currency
    ) AS back
$$;


--
-- Name: FUNCTION refunds_of(p_appointments integer[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refunds_of(p_appointments integer[]) IS 'What goes back of appointments'' payments, a sum for each currency.';


--
-- Name: offer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.offer (
    id integer NOT NULL,
    appointment_id integer NOT NULL,
    waitlist_entry_id integer NOT NULL,
    wave smallint NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT offer_status_valid CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'accepted'::text, 'declined'::text, 'expired'::text, 'superseded'::text]))),
    CONSTRAINT offer_wave_valid CHECK ((wave >= 1))
);


--
-- Name: TABLE offer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.offer IS 'A freed slot, which is an offered appointment, offered to a waitlist entry.';


--
-- Name: COLUMN offer.appointment_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer.appointment_id IS 'The slot, taken while on offer.';


--
-- Name: COLUMN offer.wave; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer.wave IS '1 for those who heard first; each wave is twice as large.';


--
-- Name: COLUMN offer.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer.status IS 'queued and sent are live.';


--
-- Name: COLUMN offer.due_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer.due_at IS 'When it is looked at next: for the next wave, then for its end.';


--
-- Name: COLUMN offer.expires_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer.expires_at IS 'Good until then.';


--
-- Name: COLUMN offer.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer.created_at IS 'When it was made.';


--
-- Name: COLUMN offer.updated_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer.updated_at IS 'When its status last changed; set by trigger.';


--
-- Name: CONSTRAINT offer_status_valid ON offer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT offer_status_valid ON public.offer IS 'An offer has a status that there is.';


--
-- Name: CONSTRAINT offer_wave_valid ON offer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT offer_wave_valid ON public.offer IS 'Waves of offers are counted from 1.';


--
-- Name: patient; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.patient (
    account_id integer NOT NULL,
    role text GENERATED ALWAYS AS ('patient'::text) STORED NOT NULL,
    full_name text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    booking_seq bigint DEFAULT '0'::bigint NOT NULL
)
WITH (fillfactor='50');


--
-- Name: TABLE patient; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.patient IS 'A patient''s profile. Its row is the lock under which this patient''s bookings are decided.';


--
-- Name: COLUMN patient.role; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.patient.role IS 'Makes the foreign key accept only a patient''s account.';


--
-- Name: COLUMN patient.full_name; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.patient.full_name IS 'Seen only by doctors who have an appointment with them.';


--
-- Name: COLUMN patient.phone; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.patient.phone IS 'Seen only by doctors who have an appointment with them.';


--
-- Name: COLUMN patient.timezone; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.patient.timezone IS 'Zone of the times in this patient''s mails.';


--
-- Name: COLUMN patient.booking_seq; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.patient.booking_seq IS 'Counts bookings. Updating it takes the lock, and fails a writer whose snapshot is stale.';


--
-- Name: notification_message; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.notification_message AS
 SELECT n.id,
    n.kind,
    n.message_id,
    public.calendar_entries((a.id || n.also)) AS calendar,
    COALESCE((n.snapshot ->> 'email'::text), public.mail_address(r.*, n.kind)) AS email,
        CASE
            WHEN (n.kind <> 'email_verification'::text) THEN COALESCE((n.snapshot ->> 'recipient'::text), rd.full_name, rp.full_name)
            ELSE NULL::text
        END AS recipient,
    COALESCE(rd.timezone, rp.timezone) AS timezone,
    r.role AS recipient_role,
    COALESCE((n.snapshot ->> 'doctor'::text), d.full_name) AS doctor,
    COALESCE((n.snapshot ->> 'patient'::text), p.full_name) AS patient,
    lower(a.during) AS starts_at,
    upper(a.during) AS ends_at,
    lower(n.slot) AS moved_from,
    ARRAY( SELECT lower(o.during) AS lower
           FROM public.appointment o
          WHERE (o.id = ANY (n.also))
          ORDER BY (lower(o.during))) AS also_canceled,
    a.cancel_deadline,
    a.hold_expires_at,
    a.canceled_by,
    a.cancel_reason,
    n.request_id,
    public.money_text(pay.amount, (pay.currency)::text) AS payment,
    public.refunds_of((a.id || n.also)) AS refunds,
    (r.status = 'erased'::text) AS recipient_erased,
    public.account_token_lifetime(n.kind) AS code_lifetime,
    f.id AS offer_id,
    f.expires_at AS offer_expires_at,
    public.money_text(a.fee, (a.currency)::text) AS fee,
    public.money_text(paid.amount, (paid.currency)::text) AS paid,
    paid.capture_id,
    w.id AS waitlist_entry,
    w."position",
    w.desired_date
   FROM ((((((((((public.notification n
     JOIN public.account r ON ((n.account_id = r.id)))
     LEFT JOIN public.doctor rd ON ((r.id = rd.account_id)))
     LEFT JOIN public.patient rp ON ((r.id = rp.account_id)))
     LEFT JOIN public.appointment a ON ((n.appointment_id = a.id)))
     LEFT JOIN public.api_waitlist_entry w ON ((n.waitlist_entry_id = w.id)))
     LEFT JOIN public.doctor d ON ((COALESCE(a.doctor_id, w.doctor) = d.account_id)))
     LEFT JOIN public.patient p ON ((a.patient_id = p.account_id)))
     LEFT JOIN public.payment pay ON ((n.payment_id = pay.id)))
     LEFT JOIN public.payment paid ON (((a.id = paid.appointment_id) AND (NOT paid.without_slot) AND (paid.status = ANY (ARRAY['captured'::text, 'partially_refunded'::text, 'refunded'::text])))))
     LEFT JOIN public.offer f ON ((n.offer_id = f.id)));


--
-- Name: VIEW notification_message; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.notification_message IS 'Everything a mail''s template may say; of an appointment nothing where it is about the account.';


--
-- Name: claim_notification(bigint, interval, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.claim_notification(p_id bigint, p_lease interval, p_code bytea DEFAULT NULL::bytea) RETURNS SETOF public.notification_message
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    n notification;
    stale text;
    turn timestamptz;
    letter notification_message;
BEGIN
    SELECT * INTO n FROM notification
    WHERE id = p_id AND status = 'queued' AND due_at <= clock_timestamp()
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    stale := notification_stale(n);
    IF stale IS NOT NULL THEN
        UPDATE notification SET status = 'skipped', outcome = stale, snapshot = NULL WHERE id = p_id;
        RETURN;
    END IF;
    turn := blocked_until(n);
    IF turn IS NOT NULL THEN
        -- due when that one is: rows that wait are not looked at again and again
        UPDATE notification SET due_at = greatest(due_at, turn) WHERE id = p_id;
        RETURN;
    END IF;
    UPDATE notification SET attempts = attempts + 1, due_at = clock_timestamp() + p_lease WHERE id = p_id;
    SELECT * INTO letter FROM notification_message WHERE id = p_id;
    IF letter.code_lifetime IS NOT NULL THEN
        -- of each attempt, for nobody knows which of them arrives
        INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at)
        VALUES (p_code, n.account_id, n.kind, letter.email, clock_timestamp() + letter.code_lifetime);
    END IF;
    IF n.kind = 'slot_offered' AND p_code IS NOT NULL THEN
        INSERT INTO offer_token (token_hash, offer_id) VALUES (p_code, n.offer_id);
    END IF;
    RETURN NEXT letter;
END
$$;


--
-- Name: FUNCTION claim_notification(p_id bigint, p_lease interval, p_code bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.claim_notification(p_id bigint, p_lease interval, p_code bytea) IS 'Takes a due mail for the length of the lease and returns its letter, in which the code of a given SHA-256 is good if it needs one, as an offer''s link does; no row if another has it, it is done, it is stale (then skipped), or it is not its turn (then put off).';


--
-- Name: claim_offer(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.claim_offer(p_patient integer, p_offer integer) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    o offer := lock_offer(p_patient, p_offer);
BEGIN
    IF o.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM refuse('offer_superseded', offer_superseded(o, clock_timestamp()));
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'accepted' WHERE id = o.id;
    UPDATE appointment SET patient_id = p_patient, status = CASE WHEN fee = 0 THEN 'confirmed' ELSE 'pending' END
    WHERE id = o.appointment_id AND status = 'offered';
    PERFORM refuse('offer_superseded', CASE WHEN NOT FOUND THEN 'Somebody else was faster.' END);
    PERFORM act_as('system'); -- what becomes of the others is not the patient's doing
    PERFORM supersede_other_offers(o);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = o.appointment_id;
END
$$;


--
-- Name: FUNCTION claim_offer(p_patient integer, p_offer integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.claim_offer(p_patient integer, p_offer integer) IS 'A patient (account id) accepts an offer; no row if it is not theirs. Raises the broken rule, offer_superseded if somebody was faster.';


--
-- Name: claim_payment(integer, interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.claim_payment(p_payment integer, p_lease interval) RETURNS SETOF public.payment
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE payment SET due_at = clock_timestamp() + p_lease
    WHERE id = (
        SELECT id FROM payment WHERE id = p_payment AND due_at <= clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;


--
-- Name: FUNCTION claim_payment(p_payment integer, p_lease interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.claim_payment(p_payment integer, p_lease interval) IS 'Takes a due payment for the length of the lease; no row if another has it or nothing is due.';


--
-- Name: claim_refund(integer, interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.claim_refund(p_refund integer, p_lease interval) RETURNS TABLE(status text, request_id uuid, paypal_id text, capture_id text, reference uuid, amount numeric, currency text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE refund AS r SET attempts = r.attempts + 1, due_at = clock_timestamp() + p_lease
    FROM payment AS p
    WHERE r.payment_id = p.id AND r.id = (
        SELECT id FROM refund
        WHERE id = p_refund AND status IN ('requested', 'pending') AND due_at <= clock_timestamp()
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING r.status, r.request_id, r.paypal_id, p.capture_id, p.reference, r.amount, p.currency::text
$$;


--
-- Name: FUNCTION claim_refund(p_refund integer, p_lease interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.claim_refund(p_refund integer, p_lease interval) IS 'Takes a due refund for the length of the lease; no row if another has it or it is done.';


--
-- Name: clear_cancel_reasons(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.clear_cancel_reasons(p_account integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM act_as('purge');
    -- not what this transaction has said, which is yet to be mailed
    UPDATE appointment SET cancel_reason = NULL
    WHERE (doctor_id = p_account OR patient_id = p_account) AND cancel_reason IS NOT NULL AND updated_at < now();
    PERFORM act_as('');
END
$$;


--
-- Name: FUNCTION clear_cancel_reasons(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.clear_cancel_reasons(p_account integer) IS 'Forgets why appointments of an account were canceled, in people''s own words.';


--
-- Name: close_calendar_feed(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.close_calendar_feed(p_account integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM calendar_feed WHERE account_id = p_account
$$;


--
-- Name: FUNCTION close_calendar_feed(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.close_calendar_feed(p_account integer) IS 'Ends the link that shows an account''s appointments, if there is one.';


--
-- Name: confirm_paid(public.payment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.confirm_paid(pay public.payment) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    a appointment := appointment_to_pay(pay);
BEGIN
    PERFORM act_as('payment');
    UPDATE appointment SET status = 'confirmed' WHERE id = a.id;
    PERFORM act_as('');
END
$$;


--
-- Name: FUNCTION confirm_paid(pay public.payment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.confirm_paid(pay public.payment) IS 'Confirms the appointment that a payment is for, taking its slot again if the hold has lapsed. Raises the rule that is in the way.';


--
-- Name: create_payment(integer, integer, numeric, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.create_payment(p_patient integer, p_appointment integer, p_amount numeric, p_currency text) RETURNS SETOF public.payment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    a appointment;
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND patient_id = p_patient) THEN
        RETURN;
    END IF;
    PERFORM lock_doctor_of(p_appointment);
    SELECT * INTO a FROM appointment WHERE id = p_appointment;
    -- here, because the column would round the amount first
    PERFORM refuse('payment_amount_matches_fee', payment_amount_matches_fee(a, p_amount, p_currency));
    -- asked twice, the same payment is answered: two orders could both be approved
    RETURN QUERY SELECT * FROM payment
        WHERE appointment_id = p_appointment AND status IN ('created', 'approved')
            AND payment_appointment_payable(a, clock_timestamp()) IS NULL;
    IF NOT FOUND THEN
        PERFORM act_as('patient', p_patient);
        RETURN QUERY INSERT INTO payment (appointment_id, amount, currency)
            VALUES (p_appointment, p_amount, p_currency) RETURNING *;
        PERFORM act_as('');
    END IF;
END
$$;


--
-- Name: FUNCTION create_payment(p_patient integer, p_appointment integer, p_amount numeric, p_currency text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.create_payment(p_patient integer, p_appointment integer, p_amount numeric, p_currency text) IS 'Begins, or finds, the payment of a patient''s (account id) appointment; no row if it is not theirs. Raises the broken rule.';


--
-- Name: api_offer; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.api_offer AS
 SELECT o.id,
    o.waitlist_entry_id AS waitlist_entry,
    a.doctor_id AS doctor,
    w.patient_id AS patient,
    o.appointment_id AS appointment,
    lower(a.during) AS appointment_date,
    upper(a.during) AS ends_at,
    a.fee,
    a.currency,
        CASE
            WHEN ((o.status = ANY (ARRAY['queued'::text, 'sent'::text])) AND (o.expires_at <= now())) THEN 'expired'::text
            ELSE o.status
        END AS status,
    o.expires_at,
    o.created_at
   FROM ((public.offer o
     JOIN public.waitlist_entry w ON ((o.waitlist_entry_id = w.id)))
     JOIN public.appointment a ON ((o.appointment_id = a.id)));


--
-- Name: VIEW api_offer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.api_offer IS 'Offers as the API shows them, with the slot and what it costs.';


--
-- Name: decline_offer(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.decline_offer(p_patient integer, p_offer integer) RETURNS SETOF public.api_offer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    o offer := lock_offer(p_patient, p_offer);
BEGIN
    IF o.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM refuse('offer_superseded', offer_superseded(o, clock_timestamp()));
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'declined' WHERE id = o.id;
    PERFORM serve_waitlist(doctor_id) FROM appointment WHERE id = o.appointment_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_offer WHERE id = o.id;
END
$$;


--
-- Name: FUNCTION decline_offer(p_patient integer, p_offer integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.decline_offer(p_patient integer, p_offer integer) IS 'A patient (account id) lets a slot pass and stays in line; no row if the offer is not theirs. Raises the broken rule.';


--
-- Name: time_off; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.time_off (
    id integer NOT NULL,
    doctor_id integer NOT NULL,
    during tstzrange NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT time_off_during_valid CHECK ((lower_inc(during) AND (NOT upper_inc(during)) AND (NOT upper_inf(during)) AND (NOT isempty(during)) AND isfinite(lower(during)) AND isfinite(upper(during))))
);


--
-- Name: TABLE time_off; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.time_off IS 'When a doctor is away. It never covers an appointment that somebody holds.';


--
-- Name: COLUMN time_off.during; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.time_off.during IS '[start, end).';


--
-- Name: COLUMN time_off.reason; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.time_off.reason IS 'Told to patients whose appointment is canceled for it.';


--
-- Name: COLUMN time_off.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.time_off.created_at IS 'When the time off was entered.';


--
-- Name: CONSTRAINT time_off_during_valid ON time_off; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT time_off_during_valid ON public.time_off IS 'Time off has a beginning and an end, and is not empty.';


--
-- Name: delete_time_off(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_time_off(p_doctor integer, p_time_off integer) RETURNS SETOF public.time_off
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM lock_doctor(p_doctor);
    RETURN QUERY DELETE FROM time_off WHERE id = p_time_off AND doctor_id = p_doctor RETURNING *;
END
$$;


--
-- Name: FUNCTION delete_time_off(p_doctor integer, p_time_off integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.delete_time_off(p_doctor integer, p_time_off integer) IS 'Ends a doctor''s time off; no row if it is not theirs.';


--
-- Name: doctor_fee_allowed(public.doctor, public.policy); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.doctor_fee_allowed(d public.doctor, p public.policy) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN d.fee > p.max_fee THEN format('The fee may be at most %s.', p.max_fee)
        WHEN d.currency <> ALL (p.currencies)
            THEN format('The currency must be one of %s.', array_to_string(p.currencies, ', '))
    END
$$;


--
-- Name: FUNCTION doctor_fee_allowed(d public.doctor, p public.policy); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.doctor_fee_allowed(d public.doctor, p public.policy) IS 'A doctor''s fee and currency are among those the policy allows. Why a doctor may not charge so; NULL: they may.';


--
-- Name: doctor_of(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.doctor_of(p_appointment integer) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT doctor_id FROM appointment WHERE id = p_appointment
$$;


--
-- Name: FUNCTION doctor_of(p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.doctor_of(p_appointment integer) IS 'An appointment''s doctor.';


--
-- Name: doctors_below_cap(text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.doctors_below_cap(p_specialty text, at_ timestamp with time zone) RETURNS public.doctors_with_same_grid[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
BEGIN
    RETURN ARRAY(
        SELECT (d.timezone, d.slot_minutes, d.buffer_minutes, array_agg(d.account_id))::doctors_with_same_grid
        FROM doctor AS d
        CROSS JOIN policy AS p
        WHERE (p_specialty IS NULL OR lower(d.specialty) = lower(p_specialty))
            AND is_verified(d, p)
            AND CASE
                -- who is full has the last seat or a later one taken, if any: that spares most doctors the costlier look
                WHEN d.max_appointments = 0 OR EXISTS (SELECT FROM appointment WHERE doctor_id = d.account_id AND seat >= d.max_appointments)
                    THEN appointment_doctor_cap(active_appointments(d.account_id, at_), d) IS NULL
                ELSE true
            END
        GROUP BY d.timezone, d.slot_minutes, d.buffer_minutes
    );
END
$$;


--
-- Name: FUNCTION doctors_below_cap(p_specialty text, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.doctors_below_cap(p_specialty text, at_ timestamp with time zone) IS 'The doctors, all or of a specialty in any case, who take appointments and are below their cap at an instant.';


--
-- Name: doctors_of(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.doctors_of(p_patient integer) RETURNS integer[]
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(array_agg(DISTINCT doctor_id), '{}')
    FROM (SELECT doctor_id FROM upcoming_appointments(p_patient) UNION ALL SELECT doctor_id FROM live_entries(p_patient)) AS ahead
$$;


--
-- Name: FUNCTION doctors_of(p_patient integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.doctors_of(p_patient integer) IS 'The doctors with whom a patient has an appointment ahead, or for whom they wait.';


--
-- Name: end_capture(public.payment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_capture(pay public.payment) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF pay.status IN ('capturing', 'pending_review') THEN
        PERFORM end_hold_extension(pay);
        UPDATE payment SET status = 'failed' WHERE id = pay.id;
    END IF;
END
$$;


--
-- Name: FUNCTION end_capture(pay public.payment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.end_capture(pay public.payment) IS 'PayPal took nothing: ends a payment that was being taken; any other knew it already.';


--
-- Name: end_hold_extension(public.payment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_hold_extension(pay public.payment) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT extend_hold(pay.appointment_id, pay.hold_expires_at)
    FROM appointment
    WHERE id = pay.appointment_id AND status = 'pending' AND hold_expires_at > clock_timestamp()
$$;


--
-- Name: FUNCTION end_hold_extension(pay public.payment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.end_hold_extension(pay public.payment) IS 'Nothing was taken: the hold ends when it would have ended.';


--
-- Name: end_offers(public.doctor, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_offers(d public.doctor, at_ timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE offer AS o SET status = 'expired'
    FROM waitlist_entry AS w
    WHERE w.id = o.waitlist_entry_id AND w.doctor_id = d.account_id AND w.status = 'offered'
        AND o.status IN ('queued', 'sent') AND o.expires_at <= at_;
    -- a claim that was not paid for, or was given up, leaves its patient where they were in line
    UPDATE waitlist_entry AS w SET status = 'waiting'
    WHERE w.doctor_id = d.account_id AND w.status = 'offered' AND NOT has_claim(w, at_)
        AND NOT EXISTS (SELECT FROM offer AS o WHERE o.waitlist_entry_id = w.id AND o.status IN ('queued', 'sent'));
$$;


--
-- Name: FUNCTION end_offers(d public.doctor, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.end_offers(d public.doctor, at_ timestamp with time zone) IS 'Ends a doctor''s offers whose time is over, and returns entries to their place whose claim came to nothing.';


--
-- Name: end_offers_of(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_offers_of(p_patient integer) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE offer AS o SET status = 'declined'
    FROM waitlist_entry AS w
    WHERE w.id = o.waitlist_entry_id AND w.patient_id = p_patient AND o.status IN ('queued', 'sent');
    SELECT serve_waitlist(d.account_id) FROM doctor AS d
    WHERE d.account_id IN (SELECT doctor_id FROM live_entries(p_patient)) ORDER BY d.account_id;
$$;


--
-- Name: FUNCTION end_offers_of(p_patient integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.end_offers_of(p_patient integer) IS 'Ends what is offered to a patient, and offers it to the others in line. The doctors must be locked.';


--
-- Name: end_payment(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_payment(p_payment integer, p_why text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    IF pay.status IN ('created', 'approved', 'capturing') THEN
        PERFORM end_hold_extension(pay) WHERE pay.status = 'capturing';
        UPDATE payment SET status = 'failed', attention = p_why WHERE id = p_payment;
    END IF;
END
$$;


--
-- Name: FUNCTION end_payment(p_payment integer, p_why text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.end_payment(p_payment integer, p_why text) IS 'PayPal refuses for good to take this payment; why, if somebody should know.';


--
-- Name: end_waitlist_entries(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_waitlist_entries(p_doctor integer) RETURNS void
    LANGUAGE sql
    AS $$
    WITH ended AS (
        UPDATE waitlist_entry SET status = 'lapsed'
        WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered', 'paused')
        RETURNING id, patient_id
    )
    INSERT INTO notification (kind, account_id, waitlist_entry_id, snapshot)
    SELECT 'waiting_ended', e.patient_id, min(e.id), jsonb_build_object('doctor', d.full_name)
    FROM ended AS e
    INNER JOIN doctor AS d ON d.account_id = p_doctor
    GROUP BY e.patient_id, d.full_name
$$;


--
-- Name: FUNCTION end_waitlist_entries(p_doctor integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.end_waitlist_entries(p_doctor integer) IS 'Ends the waiting for a doctor who is leaving, and tells those who waited. The doctor must be locked.';


--
-- Name: entries_in_line(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.entries_in_line(p_doctor integer, at_ timestamp with time zone) RETURNS SETOF public.waitlist_entry
    LANGUAGE sql STABLE
    AS $$
    SELECT w.* FROM waitlist_entry AS w
    WHERE w.doctor_id = p_doctor AND w.status IN ('waiting', 'offered') AND NOT has_claim(w, at_)
        AND NOT is_disabled(w.patient_id)
    ORDER BY w.priority_class, w.id
$$;


--
-- Name: FUNCTION entries_in_line(p_doctor integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.entries_in_line(p_doctor integer, at_ timestamp with time zone) IS 'The entries that a doctor''s slots go to, first in line first: not those that are paused, of a disabled account, or have claimed a slot and not paid yet.';


--
-- Name: erase_account(integer, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_account(p_account integer, p_password_hash text, p_role text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    a account;
    full_name text := coalesce(
        (SELECT d.full_name FROM doctor AS d WHERE d.account_id = p_account),
        (SELECT p.full_name FROM patient AS p WHERE p.account_id = p_account)
    );
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account AND password_hash = p_password_hash AND status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'The password has just been changed; try again.';
    END IF;
    UPDATE notification SET status = 'skipped', outcome = 'the account is erased', snapshot = NULL
    WHERE account_id = p_account AND status = 'queued' AND created_at < now();
    INSERT INTO notification (kind, account_id) VALUES ('account_erased', p_account);
    UPDATE notification SET snapshot = jsonb_build_object('email', a.email, 'recipient', full_name)
    WHERE account_id = p_account AND status = 'queued';
    UPDATE notification AS n SET snapshot = coalesce(n.snapshot, '{}') || jsonb_build_object(p_role, full_name)
    FROM appointment AS o
    WHERE n.appointment_id = o.id AND n.status = 'queued' AND (o.doctor_id = p_account OR o.patient_id = p_account);
    PERFORM clear_cancel_reasons(p_account);
    DELETE FROM refresh_token WHERE account_id = p_account;
    DELETE FROM account_token WHERE account_id = p_account;
    DELETE FROM calendar_feed WHERE account_id = p_account;
    DELETE FROM receipt WHERE account_id = p_account;
    PERFORM act_as(p_role, p_account);
    UPDATE account SET
        status = 'erased',
        generation = generation + 1,
        username = NULL,
        email = NULL,
        email_verified_at = NULL,
        pending_email = NULL,
        password_hash = NULL
    WHERE id = p_account;
    PERFORM act_as('');
END
$$;


--
-- Name: FUNCTION erase_account(p_account integer, p_password_hash text, p_role text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.erase_account(p_account integer, p_password_hash text, p_role text) IS 'Erases an account but for its id, ends its logins, and skips its mails, but for those about the erasure. What lies ahead must have ended.';


--
-- Name: erase_doctor(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_doctor(p_doctor integer, p_password_hash text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT is_password(p_doctor, p_password_hash) THEN
        RETURN false;
    END IF;
    PERFORM lock_doctor(p_doctor);
    -- first, so that nothing is announced as free
    DELETE FROM working_hours WHERE doctor_id = p_doctor;
    DELETE FROM time_off WHERE doctor_id = p_doctor;
    PERFORM cancel_chosen(
        'doctor',
        ARRAY(SELECT id FROM held_appointments(p_doctor, clock_timestamp()) ORDER BY id),
        'The doctor no longer takes appointments here.', false
    );
    PERFORM serve_waitlist(p_doctor); -- which takes back what was on offer
    PERFORM act_as('doctor', p_doctor);
    PERFORM end_waitlist_entries(p_doctor);
    PERFORM erase_account(p_doctor, p_password_hash, 'doctor');
    UPDATE doctor SET
        full_name = 'Former doctor', phone = '', specialty = '', experience_years = 0, timezone = 'UTC', max_appointments = 0,
        verified_at = NULL
    WHERE account_id = p_doctor;
    RETURN true;
END
$$;


--
-- Name: FUNCTION erase_doctor(p_doctor integer, p_password_hash text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.erase_doctor(p_doctor integer, p_password_hash text) IS 'Cancels a doctor''s (account id) appointments, ends the waiting for them and erases who they are; false if this is no longer the password''s hash.';


--
-- Name: erase_patient(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.erase_patient(p_patient integer, p_password_hash text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT is_password(p_patient, p_password_hash) THEN
        RETURN false;
    END IF;
    PERFORM lock_patient_with_doctors(p_patient);
    PERFORM cancel_as_patient(p_patient, id) FROM upcoming_appointments(p_patient);
    PERFORM leave_waitlist(p_patient, id) FROM live_entries(p_patient);
    PERFORM erase_account(p_patient, p_password_hash, 'patient');
    UPDATE patient SET full_name = 'Former patient', phone = '', timezone = 'UTC' WHERE account_id = p_patient;
    RETURN true;
END
$$;


--
-- Name: FUNCTION erase_patient(p_patient integer, p_password_hash text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.erase_patient(p_patient integer, p_password_hash text) IS 'Cancels a patient''s (account id) appointments, leaves the waitlists and erases who they are; false if this is no longer the password''s hash. Raises the broken rule, as appointment_cancel_notice.';


--
-- Name: explain_booking(integer, integer, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.explain_booking(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer DEFAULT NULL::integer) RETURNS TABLE(rule text, why text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT rule, why FROM booking_rules(p_patient, p_doctor, p_start, p_appointment) WHERE why IS NOT NULL
$$;


--
-- Name: FUNCTION explain_booking(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.explain_booking(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer) IS 'Every rule that a patient breaks by booking a doctor''s slot now, or by moving an appointment there; a look without a lock.';


--
-- Name: export_account(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.export_account(p_account integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT jsonb_build_object(
        'appointments', (
            SELECT coalesce(jsonb_agg(to_jsonb(api) || jsonb_build_object(
                'canceled_by', a.canceled_by, 'cancel_reason', a.cancel_reason
            ) ORDER BY a.id), '[]')
            FROM appointment AS a
            INNER JOIN api_appointment AS api ON a.id = api.id
            WHERE a.doctor_id = p_account OR a.patient_id = p_account
        ),
        'waitlist', (SELECT coalesce(jsonb_agg(w ORDER BY w.id), '[]') FROM waitlist_entry AS w WHERE w.patient_id = p_account),
        'offers', (SELECT coalesce(jsonb_agg(o ORDER BY o.id), '[]') FROM api_offer AS o WHERE o.patient = p_account),
        'payments', (
            SELECT coalesce(jsonb_agg(p ORDER BY p.id), '[]')
            FROM payment AS p
            INNER JOIN appointment AS a ON p.appointment_id = a.id
            WHERE a.patient_id = p_account
        ),
        'refunds', (
            SELECT coalesce(jsonb_agg(r ORDER BY r.id), '[]')
            FROM refund AS r
            INNER JOIN payment AS p ON r.payment_id = p.id
            INNER JOIN appointment AS a ON p.appointment_id = a.id
            WHERE a.patient_id = p_account
        ),
        'notifications', (
            SELECT coalesce(jsonb_agg(n ORDER BY n.id), '[]') FROM notification AS n WHERE n.account_id = p_account
        ),
        'working_hours', (
            SELECT coalesce(jsonb_agg(h ORDER BY h.weekday, h.start_minute), '[]') FROM working_hours AS h WHERE h.doctor_id = p_account
        ),
        'time_off', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', t.id, 'start', lower(t.during), 'end', upper(t.during), 'reason', t.reason, 'created_at', t.created_at
            ) ORDER BY t.id), '[]')
            FROM time_off AS t
            WHERE t.doctor_id = p_account
        ),
        'sessions', (
            SELECT coalesce(jsonb_agg(s ORDER BY s.started_at), '[]')
            FROM (
                SELECT
                    min(created_at) AS started_at,
                    max(used_at) AS last_used_at,
                    max(expires_at) AS expires_at,
                    max(revoked_at) AS ended_at
                FROM refresh_token
                WHERE account_id = p_account
                GROUP BY family
            ) AS s
        ),
        'mailed_codes', (
            SELECT coalesce(jsonb_agg(t ORDER BY t.created_at), '[]')
            FROM (SELECT purpose, email, created_at, expires_at FROM account_token WHERE account_id = p_account) AS t
        ),
        'calendar_links', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('created_at', f.created_at)), '[]')
            FROM calendar_feed AS f
            WHERE f.account_id = p_account
        ),
        'history', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'object_kind', h.object_kind, 'object_id', h.object_id, 'number', h.number, 'changed_at', h.changed_at,
                'acted_as', h.acted_as, 'account', h.account_id, 'changes', history_changes(h)
            ) ORDER BY h.changed_at, h.object_kind, h.object_id), '[]')
            FROM history_of_account(p_account) AS h
        ),
        'idempotency_keys', (
            SELECT coalesce(jsonb_agg(r ORDER BY r.created_at), '[]')
            FROM (SELECT route, key, created_at FROM receipt WHERE account_id = p_account) AS r
        )
    )
$$;


--
-- Name: FUNCTION export_account(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.export_account(p_account integer) IS 'Everything held about an account, but for the account and its profile themselves; nothing that lets anybody in.';


--
-- Name: extend_hold(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.extend_hold(p_appointment integer, p_until timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM act_as('payment');
    UPDATE appointment SET hold_expires_at = p_until WHERE id = p_appointment AND status = 'pending';
    IF NOT FOUND THEN
        -- its patient's booking elsewhere, which need not lock this doctor, has just retired it
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'The hold has just ended; try again.';
    END IF;
    PERFORM act_as('');
END
$$;


--
-- Name: FUNCTION extend_hold(p_appointment integer, p_until timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.extend_hold(p_appointment integer, p_until timestamp with time zone) IS 'Sets the end of a live hold, for a payment that is being taken; never beyond the start.';


--
-- Name: finish_payment_check(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.finish_payment_check(p_payment integer, p_claimed timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE payment SET
        -- by then PayPal's order has ended, too
        status = CASE WHEN status IN ('created', 'approved') AND created_at < clock_timestamp() - interval '6 hours'
            THEN 'canceled' ELSE status END,
        due_at = clock_timestamp() + CASE
            WHEN status IN ('created', 'approved', 'capturing')
                THEN greatest(interval '30 s', (clock_timestamp() - created_at) / 4)
            WHEN status = 'pending_review' THEN interval '10 min'
        END
    WHERE id = p_payment AND due_at = p_claimed -- else it has moved on, or there is news of it
$$;


--
-- Name: FUNCTION finish_payment_check(p_payment integer, p_claimed timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.finish_payment_check(p_payment integer, p_claimed timestamp with time zone) IS 'Says when to look at a payment next, after a look that was claimed until an instant and found nothing new.';


--
-- Name: first_matching_slot(public.waitlist_entry, public.doctor, tstzrange, tstzrange[], timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.first_matching_slot(w public.waitlist_entry, d public.doctor, span tstzrange, free tstzrange[], at_ timestamp with time zone) RETURNS tstzrange
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    slot tstzrange;
BEGIN
    FOREACH slot IN ARRAY free LOOP
        IF span @> slot AND slot_matches_entry(w, d, slot, at_) THEN
            RETURN slot;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION first_matching_slot(w public.waitlist_entry, d public.doctor, span tstzrange, free tstzrange[], at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.first_matching_slot(w public.waitlist_entry, d public.doctor, span tstzrange, free tstzrange[], at_ timestamp with time zone) IS 'The first of a doctor''s free slots within a span that suits a waitlist entry, or null.';


--
-- Name: free_slots(integer, timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone DEFAULT now()) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT u.starts_at, u.ends_at
    FROM (
        SELECT d, reserved_slots(account_id, at_) AS owed FROM doctor AS d
        WHERE account_id = p_doctor
        OFFSET 0 -- asked once, not for each slot
    ) AS o
    CROSS JOIN policy AS p
    CROSS JOIN LATERAL untaken_slots(o.d, p_from, p_to, at_) AS u
    WHERE is_verified(o.d, p)
        AND appointment_doctor_cap(active_appointments(p_doctor, at_) + cardinality(o.owed), o.d) IS NULL
        AND (cardinality(o.owed) = 0 OR NOT tstzrange(u.starts_at, u.ends_at) && ANY (o.owed))
    ORDER BY u.starts_at
$$;


--
-- Name: FUNCTION free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) IS 'The slots of a doctor that start in [from, to) and could be booked at an instant (default: now), in order.';


--
-- Name: fulfil_waitlist(public.appointment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.fulfil_waitlist(a public.appointment) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE waitlist_entry AS w SET status = 'fulfilled'
    FROM doctor AS d
    WHERE d.account_id = a.doctor_id AND w.doctor_id = a.doctor_id AND w.patient_id = a.patient_id
        AND w.status IN ('waiting', 'offered', 'paused')
        AND (w.desired_date IS NULL OR w.desired_date = (lower(a.during) AT TIME ZONE d.timezone)::date)
$$;


--
-- Name: FUNCTION fulfil_waitlist(a public.appointment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.fulfil_waitlist(a public.appointment) IS 'Ends the live waitlist entries that a patient''s new appointment answers.';


--
-- Name: give_up_capture(public.payment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.give_up_capture(pay public.payment) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE payment SET status = CASE pay.status WHEN 'capturing' THEN 'failed' ELSE 'canceled' END WHERE id = pay.id;
    -- whoever approved the order may believe that they have paid; of a cancellation they are told by that
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
    SELECT 'payment_too_late', patient_id, id, version, pay.id FROM appointment
    WHERE id = pay.appointment_id
        AND appointment_status(status, hold_expires_at, upper(during), clock_timestamp()) = 'expired'
    ON CONFLICT DO NOTHING
$$;


--
-- Name: FUNCTION give_up_capture(pay public.payment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.give_up_capture(pay public.payment) IS 'Ends a payment of which nothing was taken, and tells the patient.';


--
-- Name: api_payment; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.api_payment AS
 SELECT p.id AS payment_id,
    p.order_id AS paypal_order,
    p.appointment_id,
    a.patient_id AS patient,
    p.amount,
    p.currency,
    p.status,
        CASE
            WHEN (p.status = ANY (ARRAY['created'::text, 'approved'::text])) THEN p.approval_url
            ELSE NULL::text
        END AS approval_url,
    (p.refund_total - COALESCE(r.completed, 0.00)) AS refund_requested,
    COALESCE(r.completed, 0.00) AS refunded,
    p.created_at,
    p.updated_at
   FROM ((public.payment p
     JOIN public.appointment a ON ((p.appointment_id = a.id)))
     LEFT JOIN LATERAL ( SELECT sum(f.amount) AS completed
           FROM public.refund f
          WHERE ((f.payment_id = p.id) AND (f.status = 'completed'::text))) r ON (true));


--
-- Name: VIEW api_payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.api_payment IS 'Payments as the API shows them, with what is going back and what has gone back.';


--
-- Name: give_up_hold(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.give_up_hold(p_patient integer, p_order text) RETURNS SETOF public.api_payment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    pay payment;
BEGIN
    SELECT p.* INTO pay FROM payment AS p INNER JOIN appointment AS a ON p.appointment_id = a.id
    WHERE p.order_id = p_order AND a.patient_id = p_patient;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    pay := lock_payment(pay.id);
    PERFORM refuse('payment_status_transition', too_late_to_give_up(pay.appointment_id));
    PERFORM act_as('payer', p_patient);
    -- a hold that has lapsed already needs no giving up
    UPDATE appointment SET status = 'canceled'
    WHERE id = pay.appointment_id AND status = 'pending' AND hold_expires_at > clock_timestamp();
    UPDATE payment SET status = 'canceled' WHERE id = pay.id AND status <> 'failed';
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_payment WHERE payment_id = pay.id;
END
$$;


--
-- Name: FUNCTION give_up_hold(p_patient integer, p_order text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.give_up_hold(p_patient integer, p_order text) IS 'Cancels the unpaid hold that a PayPal order was to pay, and the payment unless it has failed; no row if it is not the patient''s (account id).';


--
-- Name: given_up_slots(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.given_up_slots(p_doctor integer, at_ timestamp with time zone) RETURNS tstzrange[]
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(array_agg(during), '{}') FROM appointment
    WHERE doctor_id = p_doctor AND lower(during) > at_ AND (
        status IN ('canceled', 'expired') AND updated_at >= now()
        OR status = 'pending' AND hold_expires_at <= at_
    )
$$;


--
-- Name: FUNCTION given_up_slots(p_doctor integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.given_up_slots(p_doctor integer, at_ timestamp with time zone) IS 'The times of a doctor''s appointments that this transaction has ended, or whose hold has lapsed and nobody has written that down.';


--
-- Name: grid_slots(public.doctor, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.grid_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    SELECT s.starts_at, s.ends_at
    FROM generate_series(
        (p_from AT TIME ZONE d.timezone)::date::timestamp, (p_to AT TIME ZONE d.timezone)::date::timestamp, interval '1 day'
    ) AS day
    INNER JOIN working_hours AS w ON w.doctor_id = d.account_id AND w.weekday = extract(isodow FROM day)
    CROSS JOIN LATERAL working_interval(w.start_minute, w.end_minute, d.timezone, day::date) AS i
    CROSS JOIN LATERAL interval_slots(i, d.timezone, d.slot_minutes, d.buffer_minutes, p_from, p_to) AS s
$$;


--
-- Name: FUNCTION grid_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.grid_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone) IS 'The slots of a doctor''s working hours that start in [from, to), taken or not, in no order.';


--
-- Name: has_claim(public.waitlist_entry, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.has_claim(w public.waitlist_entry, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT w.status = 'offered' AND EXISTS (
        SELECT FROM offer AS o INNER JOIN appointment AS a ON o.appointment_id = a.id
        WHERE o.waitlist_entry_id = w.id AND o.status = 'accepted' AND a.status = 'pending'
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;


--
-- Name: FUNCTION has_claim(w public.waitlist_entry, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.has_claim(w public.waitlist_entry, at_ timestamp with time zone) IS 'Whether the patient has claimed a slot by this entry that is held and not paid for at an instant.';


--
-- Name: has_unused_offer(public.waitlist_entry, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.has_unused_offer(w public.waitlist_entry, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT FROM offer AS o
        WHERE o.waitlist_entry_id = w.id AND o.status IN ('accepted', 'declined', 'expired')
            AND NOT EXISTS (
                SELECT FROM appointment AS since
                CROSS JOIN LATERAL least(
                    CASE WHEN since.seat IS NULL THEN since.updated_at END, since.hold_expires_at, upper(since.during)
                ) AS ended_at
                WHERE since.doctor_id = w.doctor_id AND since.id <> o.appointment_id AND since.patient_id IS NOT NULL
                    AND lower(since.during) > o.created_at - interval '8 h' -- the longest visit
                    AND ended_at > o.created_at AND ended_at <= at_
            )
    )
$$;


--
-- Name: FUNCTION has_unused_offer(w public.waitlist_entry, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.has_unused_offer(w public.waitlist_entry, at_ timestamp with time zone) IS 'Whether a waitlist entry made no use of an offer, and no appointment with the doctor has ended since, up to an instant.';


--
-- Name: has_waitlist(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.has_waitlist(p_doctor integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM waitlist_entry WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered'))
$$;


--
-- Name: FUNCTION has_waitlist(p_doctor integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.has_waitlist(p_doctor integer) IS 'Whether anybody waits for a doctor: all that a booking costs where nobody does.';


--
-- Name: held_appointments(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.held_appointments(p_doctor integer, at_ timestamp with time zone) RETURNS SETOF public.appointment
    LANGUAGE sql STABLE
    AS $$
    SELECT * FROM appointment
    WHERE doctor_id = p_doctor AND status IN ('pending', 'confirmed') AND lower(during) > at_
        AND appointment_is_active(status, hold_expires_at, upper(during), at_)
$$;


--
-- Name: FUNCTION held_appointments(p_doctor integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.held_appointments(p_doctor integer, at_ timestamp with time zone) IS 'A doctor''s appointments that a patient holds and that start after an instant.';


--
-- Name: history; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.history (
    object_kind text NOT NULL,
    object_id integer NOT NULL,
    number integer NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    transaction_id bigint NOT NULL,
    database_role text NOT NULL,
    acted_as text NOT NULL,
    account_id integer,
    was jsonb,
    becomes jsonb NOT NULL,
    hash bytea NOT NULL
);


--
-- Name: TABLE history; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.history IS 'Every change of an appointment, waitlist entry, payment, refund, account''s status and policy. Triggers add to it, nobody else; each object''s records are a chain of hashes: admin.verify_history().';


--
-- Name: COLUMN history.object_kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.object_kind IS 'The table of what changed.';


--
-- Name: COLUMN history.object_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.object_id IS 'Its id there; of the policy 1.';


--
-- Name: COLUMN history.number; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.number IS '1, 2, 3 ... for each object.';


--
-- Name: COLUMN history.changed_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.changed_at IS 'When.';


--
-- Name: COLUMN history.transaction_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.transaction_id IS 'What changed together has the same one (pg_current_xact_id()).';


--
-- Name: COLUMN history.database_role; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.database_role IS 'Who was logged in at PostgreSQL.';


--
-- Name: COLUMN history.acted_as; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.acted_as IS 'patient, doctor, payer, payment, system (the service by itself) or admin.';


--
-- Name: COLUMN history.account_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.account_id IS 'Whose request it was; none: nobody''s who has an account.';


--
-- Name: COLUMN history.was; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.was IS 'What changed, as it was before; none: it began here.';


--
-- Name: COLUMN history.becomes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.becomes IS 'All that history keeps of it, as it was from then on.';


--
-- Name: COLUMN history.hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.history.hash IS 'SHA-256 of this record and of the hash before it in its chain; see history_hash().';


--
-- Name: history_changes(public.history); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_changes(h public.history) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_agg(jsonb_build_object('field', key, 'was', coalesce(h.was -> key, 'null'), 'becomes', value) ORDER BY key)
    FROM jsonb_each(h.becomes)
    WHERE CASE WHEN h.was IS NULL THEN value <> 'null' ELSE h.was ? key END
$$;


--
-- Name: FUNCTION history_changes(h public.history); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_changes(h public.history) IS 'What a record says that changed: [{field, was, becomes}].';


--
-- Name: history_hash(public.history, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_hash(h public.history, last_hash bytea) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$
    SELECT sha256(coalesce(last_hash, '') || convert_to(jsonb_build_array(
        h.object_kind, h.object_id, h.number, extract(EPOCH FROM h.changed_at), h.transaction_id, h.database_role,
        h.acted_as, h.account_id, h.was, h.becomes
    )::text, 'UTF8'))
$$;


--
-- Name: FUNCTION history_hash(h public.history, last_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_hash(h public.history, last_hash bytea) IS 'The hash of a record that comes behind one with the given hash, or first.';


--
-- Name: history_of(public.account); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_of(a public.account) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object('role', a.role, 'status', a.status)
$$;


--
-- Name: FUNCTION history_of(a public.account); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_of(a public.account) IS 'What history keeps of an account.';


--
-- Name: history_of(public.appointment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_of(a public.appointment) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'doctor', a.doctor_id, 'patient', a.patient_id, 'appointment_date', utc_text(lower(a.during)),
        'ends_at', utc_text(upper(a.during)), 'status', a.status, 'hold_expires_at', utc_text(a.hold_expires_at),
        'cancel_deadline', utc_text(a.cancel_deadline), 'canceled_by', a.canceled_by
    )
$$;


--
-- Name: FUNCTION history_of(a public.appointment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_of(a public.appointment) IS 'What history keeps of an appointment, as the API names it.';


--
-- Name: history_of(public.payment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_of(p public.payment) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'appointment', p.appointment_id, 'status', p.status, 'without_slot', p.without_slot,
        'needs_attention', p.attention IS NOT NULL
    )
$$;


--
-- Name: FUNCTION history_of(p public.payment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_of(p public.payment) IS 'What history keeps of a payment.';


--
-- Name: history_of(public.policy); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_of(p public.policy) RETURNS jsonb
    LANGUAGE sql STABLE
    SET "IntervalStyle" TO 'postgres'
    AS $$
    SELECT to_jsonb(p) - 'id'
$$;


--
-- Name: FUNCTION history_of(p public.policy); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_of(p public.policy) IS 'What history keeps of the policy: all of it.';


--
-- Name: history_of(public.refund); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_of(r public.refund) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object('payment', r.payment_id, 'status', r.status)
$$;


--
-- Name: FUNCTION history_of(r public.refund); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_of(r public.refund) IS 'What history keeps of a refund.';


--
-- Name: history_of(public.waitlist_entry); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_of(w public.waitlist_entry) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'doctor', w.doctor_id, 'patient', w.patient_id, 'desired_date', to_char(w.desired_date, 'YYYY-MM-DD'), 'status', w.status
    )
$$;


--
-- Name: FUNCTION history_of(w public.waitlist_entry); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_of(w public.waitlist_entry) IS 'What history keeps of a waitlist entry, as the API names it.';


--
-- Name: history_of_account(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_of_account(p_account integer) RETURNS SETOF public.history
    LANGUAGE sql STABLE
    AS $$
    WITH held AS (
        SELECT id FROM appointment WHERE doctor_id = p_account OR patient_id = p_account
    ), paid AS (
        SELECT p.id FROM payment AS p INNER JOIN appointment AS a ON p.appointment_id = a.id WHERE a.patient_id = p_account
    ), things AS (
        SELECT 'account' AS object_kind, p_account AS object_id
        UNION ALL
        SELECT 'appointment' AS object_kind, id AS object_id FROM held
        UNION ALL
        SELECT 'waitlist_entry' AS object_kind, id AS object_id FROM waitlist_entry WHERE patient_id = p_account
        UNION ALL
        SELECT 'payment' AS object_kind, id AS object_id FROM paid
        UNION ALL
        SELECT 'refund' AS object_kind, r.id AS object_id FROM refund AS r INNER JOIN paid ON r.payment_id = paid.id
    )
    SELECT h.* FROM things AS t
    INNER JOIN history AS h ON t.object_kind = h.object_kind AND t.object_id = h.object_id
$$;


--
-- Name: FUNCTION history_of_account(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_of_account(p_account integer) IS 'What became of an account, its appointments, waiting, payments and refunds.';


--
-- Name: history_text(jsonb, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.history_text(p_was jsonb, p_becomes jsonb) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT string_agg(
        CASE
            WHEN p_was IS NULL THEN format('%s: %s', key, value)
            ELSE format('%s: %s -> %s', key, coalesce(p_was ->> key, 'none'), coalesce(value, 'none'))
        END,
        ', ' ORDER BY key
    )
    FROM jsonb_each_text(p_becomes)
    WHERE CASE WHEN p_was IS NULL THEN value IS NOT NULL ELSE p_was ? key END
$$;


--
-- Name: FUNCTION history_text(p_was jsonb, p_becomes jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.history_text(p_was jsonb, p_becomes jsonb) IS 'What a record of history says that changed, in words.';


--
-- Name: hold_for_capture(public.payment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.hold_for_capture(pay public.payment, p_until timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
DECLARE
    a appointment := appointment_to_pay(pay);
BEGIN
    -- whether another payment is being taken is asked where this one begins to be
    IF a.status <> 'pending' THEN
        PERFORM refuse('payment_appointment_payable', payment_appointment_payable(a, clock_timestamp()));
    END IF;
    PERFORM extend_hold(a.id, greatest(a.hold_expires_at, p_until));
    RETURN a.hold_expires_at;
END
$$;


--
-- Name: FUNCTION hold_for_capture(pay public.payment, p_until timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.hold_for_capture(pay public.payment, p_until timestamp with time zone) IS 'Makes sure that a payment''s slot is held until an instant, for the money is being taken, and returns when the hold would have ended. Raises the rule that is in the way.';


--
-- Name: interval_slots(public.working_span, text, integer, integer, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.interval_slots(i public.working_span, zone text, slot_minutes integer, buffer_minutes integer, p_from timestamp with time zone, p_to timestamp with time zone) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT s, s + g.length
    FROM (
        SELECT
            make_interval(mins => slot_minutes) AS length,
            make_interval(mins => slot_minutes + buffer_minutes) AS step,
            (slot_minutes + buffer_minutes) * 60 AS step_seconds
    ) AS g
    CROSS JOIN LATERAL generate_series(
        -- the first step that is not before p_from
        i.starts_at + g.step * greatest(0, ceil(extract(epoch FROM p_from - i.starts_at) / g.step_seconds))::float8,
        i.ends_at - g.length,
        g.step
    ) AS s
    WHERE s < p_to AND slot_fits(i, zone, s, s + g.length)
$$;


--
-- Name: FUNCTION interval_slots(i public.working_span, zone text, slot_minutes integer, buffer_minutes integer, p_from timestamp with time zone, p_to timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.interval_slots(i public.working_span, zone text, slot_minutes integer, buffer_minutes integer, p_from timestamp with time zone, p_to timestamp with time zone) IS 'The slots of one interval that start in [from, to), in order.';


--
-- Name: is_broken_at_any_start(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_broken_at_any_start(rule text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT rule IN ('appointment_status_transition', 'appointment_doctor_verified', 'appointment_doctor_cap')
$$;


--
-- Name: FUNCTION is_broken_at_any_start(rule text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_broken_at_any_start(rule text) IS 'Whether who breaks a rule of booking by taking one slot of a doctor would break it by taking any other.';


--
-- Name: is_disabled(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_disabled(p_account integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'disabled')
$$;


--
-- Name: FUNCTION is_disabled(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_disabled(p_account integer) IS 'Whether an admin has disabled an account.';


--
-- Name: is_erased(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_erased(p_account integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'erased')
$$;


--
-- Name: FUNCTION is_erased(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_erased(p_account integer) IS 'Whether an account is erased: nothing new may be about it.';


--
-- Name: is_password(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_password(p_account integer, p_password_hash text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND password_hash = p_password_hash AND status = 'active')
$$;


--
-- Name: FUNCTION is_password(p_account integer, p_password_hash text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_password(p_account integer, p_password_hash text) IS 'Whether an active account has this password hash.';


--
-- Name: is_taken(integer, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_taken(p_doctor integer, slot tstzrange, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT is_time_off(p_doctor, slot) OR EXISTS (
        SELECT FROM appointment AS a
        WHERE a.doctor_id = p_doctor AND a.status IN ('offered', 'pending', 'confirmed') AND a.during && slot
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;


--
-- Name: FUNCTION is_taken(p_doctor integer, slot tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_taken(p_doctor integer, slot tstzrange, at_ timestamp with time zone) IS 'Whether a doctor is away, or has an appointment that is active at an instant, at any moment of a time.';


--
-- Name: is_time_off(integer, tstzrange); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_time_off(p_doctor integer, slot tstzrange) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM time_off WHERE doctor_id = p_doctor AND during && slot)
$$;


--
-- Name: FUNCTION is_time_off(p_doctor integer, slot tstzrange); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_time_off(p_doctor integer, slot tstzrange) IS 'Whether a doctor is away at any moment of a time.';


--
-- Name: is_verified(public.doctor, public.policy); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_verified(d public.doctor, p public.policy) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT (d.verified_at IS NOT NULL OR NOT p.require_verified_doctor) AND d.disabled_at IS NULL
$$;


--
-- Name: FUNCTION is_verified(d public.doctor, p public.policy); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_verified(d public.doctor, p public.policy) IS 'Whether a doctor is verified, or the policy does not ask; not if disabled.';


--
-- Name: join_waitlist(integer, integer, date, time without time zone, time without time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.join_waitlist(p_patient integer, p_doctor integer, p_date date, p_earliest time without time zone DEFAULT NULL::time without time zone, p_latest time without time zone DEFAULT NULL::time without time zone, p_notice_minutes integer DEFAULT 0) RETURNS SETOF public.api_waitlist_entry
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    new_id integer;
BEGIN
    PERFORM act_as('patient', p_patient);
    INSERT INTO waitlist_entry (doctor_id, patient_id, desired_date, earliest_time, latest_time, min_notice_minutes)
    VALUES (p_doctor, p_patient, p_date, p_earliest, p_latest, p_notice_minutes)
    RETURNING id INTO new_id;
    PERFORM serve_waitlist(p_doctor); -- a slot that is on offer may be offered to them, too
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = new_id;
END
$$;


--
-- Name: FUNCTION join_waitlist(p_patient integer, p_doctor integer, p_date date, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.join_waitlist(p_patient integer, p_doctor integer, p_date date, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer) IS 'Puts a patient on a doctor''s waitlist for a day in the doctor''s zone, or any day if NULL, at certain times of day and with some notice. Raises the broken rule.';


--
-- Name: last_notified_time(public.appointment, integer, tstzrange); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.last_notified_time(a public.appointment, p_account integer, p_old_time tstzrange) RETURNS tstzrange
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce((
        -- of several moves in a row only the last is mailed; the others are skipped as stale
        SELECT slot FROM notification
        WHERE appointment_id = a.id AND account_id = p_account AND kind = 'appointment_rescheduled'
            AND status = 'queued' AND slot <> a.during
        ORDER BY id
        LIMIT 1
    ), p_old_time)
$$;


--
-- Name: FUNCTION last_notified_time(a public.appointment, p_account integer, p_old_time tstzrange); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.last_notified_time(a public.appointment, p_account integer, p_old_time tstzrange) IS 'The time of an appointment that an account knows of: where it was before the first move that is not mailed yet.';


--
-- Name: leave_waitlist(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.leave_waitlist(p_patient integer, p_entry integer) RETURNS SETOF public.api_waitlist_entry
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'left')
$$;


--
-- Name: FUNCTION leave_waitlist(p_patient integer, p_entry integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.leave_waitlist(p_patient integer, p_entry integer) IS 'Ends a patient''s (account id) waitlist entry; no row if it is not theirs. Raises the broken rule if it has ended.';


--
-- Name: live_entries(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.live_entries(p_patient integer) RETURNS SETOF public.waitlist_entry
    LANGUAGE sql STABLE
    AS $$
    SELECT * FROM waitlist_entry WHERE patient_id = p_patient AND status IN ('waiting', 'offered', 'paused') ORDER BY id
$$;


--
-- Name: FUNCTION live_entries(p_patient integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.live_entries(p_patient integer) IS 'Where a patient waits.';


--
-- Name: lock_doctor(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_doctor(p_doctor integer) RETURNS public.doctor
    LANGUAGE plpgsql
    AS $$
DECLARE
    d doctor;
BEGIN
    UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = p_doctor RETURNING * INTO d;
    IF NOT FOUND THEN
        -- said here, because the foreign key itself is checked only after the triggers that need the row
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'appointment_doctor_id_fkey',
            MESSAGE = format('There is no doctor %s.', p_doctor);
    END IF;
    RETURN d;
END
$$;


--
-- Name: FUNCTION lock_doctor(p_doctor integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_doctor(p_doctor integer) IS 'Takes the lock under which a doctor''s bookings are decided, until the transaction ends. First in the order doctor, appointment, patient, waitlist entry, offer.';


--
-- Name: lock_doctor_of(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_doctor_of(p_appointment integer) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT FROM doctor
    WHERE account_id = (SELECT doctor_id FROM appointment WHERE id = p_appointment)
    FOR NO KEY UPDATE
$$;


--
-- Name: FUNCTION lock_doctor_of(p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_doctor_of(p_appointment integer) IS 'Locks an appointment''s doctor before the appointment itself, so that two writers never wait for each other.';


--
-- Name: lock_entry(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_entry(p_patient integer, p_entry integer) RETURNS public.waitlist_entry
    LANGUAGE plpgsql
    AS $$
DECLARE
    w waitlist_entry;
BEGIN
    SELECT * INTO w FROM waitlist_entry WHERE id = p_entry AND patient_id = p_patient;
    PERFORM FROM doctor WHERE account_id = w.doctor_id FOR NO KEY UPDATE;
    SELECT * INTO w FROM waitlist_entry WHERE id = w.id;
    RETURN w;
END
$$;


--
-- Name: FUNCTION lock_entry(p_patient integer, p_entry integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_entry(p_patient integer, p_entry integer) IS 'Locks the doctor of a patient''s waitlist entry and returns the entry; NULL if it is not theirs.';


--
-- Name: lock_offer(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_offer(p_patient integer, p_offer integer) RETURNS public.offer
    LANGUAGE plpgsql
    AS $$
DECLARE
    o offer;
BEGIN
    SELECT f.* INTO o FROM offer AS f INNER JOIN waitlist_entry AS w ON f.waitlist_entry_id = w.id
    WHERE f.id = p_offer AND w.patient_id = p_patient;
    PERFORM lock_doctor_of(o.appointment_id);
    SELECT * INTO o FROM offer WHERE id = o.id; -- as it stands after the wait
    RETURN o;
END
$$;


--
-- Name: FUNCTION lock_offer(p_patient integer, p_offer integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_offer(p_patient integer, p_offer integer) IS 'Locks the doctor of a patient''s offer, under whose lock every offer changes, and returns the offer; NULL if it is not theirs.';


--
-- Name: lock_patient_with_doctors(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_patient_with_doctors(p_patient integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    doctors integer[] := doctors_of(p_patient);
BEGIN
    PERFORM FROM doctor WHERE account_id = ANY (doctors) ORDER BY account_id FOR NO KEY UPDATE;
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = p_patient;
    IF NOT doctors_of(p_patient) <@ doctors THEN
        -- whom they have booked meanwhile would now be locked out of turn
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'This patient has just booked; try again.';
    END IF;
END
$$;


--
-- Name: FUNCTION lock_patient_with_doctors(p_patient integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_patient_with_doctors(p_patient integer) IS 'Locks the doctors with whom a patient has something ahead, in order, and then the patient, who so books nothing more.';


--
-- Name: lock_payment(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_payment(p_payment integer) RETURNS public.payment
    LANGUAGE plpgsql
    AS $$
DECLARE
    pay payment;
BEGIN
    -- its appointment may change, when a lapsed hold is taken again, but not the doctor
    PERFORM lock_doctor_of(appointment_id) FROM payment WHERE id = p_payment;
    SELECT * INTO pay FROM payment WHERE id = p_payment FOR NO KEY UPDATE;
    RETURN pay;
END
$$;


--
-- Name: FUNCTION lock_payment(p_payment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_payment(p_payment integer) IS 'Locks a payment''s doctor, then the payment, and returns it as it stands after the wait.';


--
-- Name: log_out(integer, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.log_out(p_account integer, p_token_hash bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_token_hash IS NULL THEN
        PERFORM revoke_sessions(p_account, NULL);
    ELSE
        PERFORM revoke_sessions(p_account, coalesce(
            (SELECT family FROM refresh_token WHERE token_hash = p_token_hash AND account_id = p_account),
            gen_random_uuid() -- a token that is not theirs ends nobody's login
        ));
    END IF;
END
$$;


--
-- Name: FUNCTION log_out(p_account integer, p_token_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.log_out(p_account integer, p_token_hash bytea) IS 'Ends the login of a refresh token (SHA-256), or with NULL all logins of an account.';


--
-- Name: lowest_free_seat(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lowest_free_seat(seats integer) RETURNS smallint
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    FOR seat IN 1..30 LOOP
        IF seats & (1 << seat) = 0 THEN
            RETURN seat::smallint;
        END IF;
    END LOOP;
    -- a lapsed row keeps its seat while another transaction is retiring it
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'All seats are taken by lapsing appointments; try again.';
END
$$;


--
-- Name: FUNCTION lowest_free_seat(seats integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lowest_free_seat(seats integer) IS 'The lowest of the seats 1 to 30 whose bit is not set.';


--
-- Name: make_offer(public.appointment, public.waitlist_entry, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.make_offer(a public.appointment, w public.waitlist_entry, p_wave integer, at_ timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO offer (appointment_id, waitlist_entry_id, wave, created_at, due_at, expires_at)
    SELECT a.id, w.id, p_wave, at_, least(at_ + pause, ends), least(at_ + p.offer_waves * pause, ends)
    FROM policy AS p, (SELECT wave_delay(lower(a.during) - at_) AS pause, lower(a.during) - offer_notice(w) AS ends) AS t
$$;


--
-- Name: FUNCTION make_offer(a public.appointment, w public.waitlist_entry, p_wave integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.make_offer(a public.appointment, w public.waitlist_entry, p_wave integer, at_ timestamp with time zone) IS 'Offers a slot to an entry, for policy.offer_waves times the time from this wave to the next, or until the start is too near.';


--
-- Name: make_planned_offers(public.doctor, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.make_planned_offers(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    planned record;
    needed integer[] := ARRAY[]::integer[];
BEGIN
    FOR planned IN SELECT * FROM offer_plan(d, p_freed, at_) LOOP
        IF planned.appointment_id IS NULL THEN
            INSERT INTO appointment (doctor_id, during, status) VALUES (d.account_id, planned.slot, 'offered')
            RETURNING id INTO planned.appointment_id;
        END IF;
        needed := needed || planned.appointment_id::integer;
        PERFORM make_offer(a, w, present_wave(a, at_), at_)
        FROM appointment AS a, waitlist_entry AS w
        WHERE a.id = planned.appointment_id AND w.id = planned.entry_id AND w.status = 'waiting';
    END LOOP;
    PERFORM offer_wave(a, d, at_) FROM appointment AS a WHERE doctor_id = d.account_id AND status = 'offered' ORDER BY id;
    UPDATE appointment AS a SET status = 'released'
    WHERE doctor_id = d.account_id AND status = 'offered' AND id <> ALL (needed)
        AND NOT EXISTS (SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent'));
    RETURN FOUND;
END
$$;


--
-- Name: FUNCTION make_planned_offers(d public.doctor, p_freed tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.make_planned_offers(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) IS 'Puts on offer what the plan says, begins the waves that are due, and releases slots that nobody is left for; whether there were any.';


--
-- Name: matches_preferences(public.waitlist_entry, public.doctor, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.matches_preferences(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(w.desired_date = local_start::date, true)
        AND coalesce(w.earliest_time <= local_start::time, true)
        AND coalesce(w.latest_time >= local_start::time, true)
        AND lower(slot) - offer_notice(w) > at_
    FROM (SELECT lower(slot) AT TIME ZONE d.timezone AS local_start) AS s
$$;


--
-- Name: FUNCTION matches_preferences(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.matches_preferences(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone) IS 'Whether a slot is what an entry waits for: its day, its time of day, and early enough to hear of.';


--
-- Name: move_appointment(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.move_appointment(p_appointment integer, p_start timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE appointment AS a
    SET during = tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes))
    FROM doctor AS d
    WHERE a.id = p_appointment AND d.account_id = a.doctor_id
$$;


--
-- Name: FUNCTION move_appointment(p_appointment integer, p_start timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.move_appointment(p_appointment integer, p_start timestamp with time zone) IS 'Moves an appointment to the slot that starts at an instant.';


--
-- Name: nearest_free_slots(integer, integer, timestamp with time zone, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.nearest_free_slots(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer, p_limit integer) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT starts_at, ends_at FROM (
        SELECT starts_at, ends_at FROM (
            SELECT starts_at, ends_at FROM (
                SELECT g.starts_at, g.ends_at
                FROM doctor AS d
                CROSS JOIN LATERAL grid_slots(d, now(), now() + interval '361 hours') AS g
                WHERE d.account_id = p_doctor
                    -- asked first and once: a full doctor, after whose last slot there is a rush, refuses most of all
                    AND NOT EXISTS (
                        SELECT FROM explain_booking(p_patient, p_doctor, p_start, p_appointment) AS e
                        WHERE is_broken_at_any_start(e.rule)
                    )
                -- seconds, because an interval between far-off instants is out of range
                ORDER BY abs(extract(epoch FROM g.starts_at) - extract(epoch FROM p_start)), g.starts_at
                OFFSET 0 -- keeps the costly looks below out of the sort: they stop at the limits
            ) AS nearest_first
            WHERE NOT is_taken(p_doctor, tstzrange(starts_at, ends_at), now())
            LIMIT 50 -- whoever can have none of these has a trouble that another time does not solve
        ) AS untaken
        WHERE NOT EXISTS (SELECT FROM explain_booking(p_patient, p_doctor, starts_at, p_appointment))
        LIMIT p_limit
    ) AS nearest
    ORDER BY starts_at
$$;


--
-- Name: FUNCTION nearest_free_slots(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer, p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.nearest_free_slots(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer, p_limit integer) IS 'Up to so many slots of a doctor, nearest to an instant, in order of time, that a patient could book now, or move an appointment to.';


--
-- Name: new_appointment(public.appointment, public.doctor, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.new_appointment(a public.appointment, d public.doctor, at_ timestamp with time zone) RETURNS public.appointment
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    a.fee := d.fee;
    a.currency := d.currency;
    IF a.status = 'pending' AND d.fee = 0 THEN
        a.status := 'confirmed';
    END IF;
    a.seat := NULL;
    a.hold_expires_at := NULL;
    a.cancel_deadline := lower(a.during) - interval '72 hours';
    a.canceled_by := NULL;
    a.version := 1;
    a.created_at := at_;
    a.updated_at := at_;
    RETURN a;
END
$$;


--
-- Name: FUNCTION new_appointment(a public.appointment, d public.doctor, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.new_appointment(a public.appointment, d public.doctor, at_ timestamp with time zone) IS 'A new row with what the doctor and the clock say in place of whatever the writer said.';


--
-- Name: next_in_line(public.appointment, public.doctor, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.next_in_line(a public.appointment, d public.doctor, at_ timestamp with time zone) RETURNS SETOF public.waitlist_entry
    LANGUAGE sql STABLE
    AS $$
    SELECT (w).* FROM (
        SELECT DISTINCT ON (w.patient_id) w
        FROM entries_in_line(a.doctor_id, at_) AS w
        WHERE w.status = 'waiting' AND slot_matches_entry(w, d, a.during, at_)
        ORDER BY w.patient_id, w.priority_class, w.id
    ) AS of_each
    ORDER BY (w).priority_class, (w).id
$$;


--
-- Name: FUNCTION next_in_line(a public.appointment, d public.doctor, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.next_in_line(a public.appointment, d public.doctor, at_ timestamp with time zone) IS 'Who can be offered a slot next, first in line first; each patient once.';


--
-- Name: next_look(text, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.next_look(old_status text, new_status text, due_at timestamp with time zone, at_ timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        -- by the end of the pause whoever is taking it has ended or died
        WHEN new_status = 'capturing' THEN at_ + interval '60 s'
        -- news came while what was news before was being looked at: it may be of later
        WHEN due_at <= at_ THEN due_at
        ELSE at_ + CASE
            WHEN new_status = 'created' THEN interval '30 s' -- whoever approves may never come back to say so
            WHEN new_status = 'approved' THEN interval '0 s'
            WHEN new_status = 'pending_review' THEN interval '10 min'
            -- a capture that was asked for and seemed lost may still have been made
            WHEN new_status = 'failed' AND old_status = 'capturing' THEN interval '10 min'
        END
    END
$$;


--
-- Name: FUNCTION next_look(old_status text, new_status text, due_at timestamp with time zone, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.next_look(old_status text, new_status text, due_at timestamp with time zone, at_ timestamp with time zone) IS 'When the worker asks PayPal about a payment that has just changed its status; NULL: there is nothing to ask.';


--
-- Name: no_appointment(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.no_appointment(p_appointment integer) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN p_appointment IS NULL THEN 'Which appointment? None is given.'
        WHEN NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment) THEN format('There is no appointment %s.', p_appointment)
    END
$$;


--
-- Name: FUNCTION no_appointment(p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.no_appointment(p_appointment integer) IS 'Why a number is no appointment''s; NULL: it is one''s.';


--
-- Name: no_doctor(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.no_doctor(p_doctor integer) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN p_doctor IS NULL THEN 'Which doctor? None is given.'
        WHEN NOT EXISTS (SELECT FROM doctor WHERE account_id = p_doctor) THEN format('There is no doctor %s.', p_doctor)
    END
$$;


--
-- Name: FUNCTION no_doctor(p_doctor integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.no_doctor(p_doctor integer) IS 'Why a number is no doctor''s; NULL: it is one''s.';


--
-- Name: no_patient(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.no_patient(p_patient integer) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN p_patient IS NULL THEN 'Which patient? None is given.'
        WHEN NOT EXISTS (SELECT FROM patient WHERE account_id = p_patient) THEN format('There is no patient %s.', p_patient)
    END
$$;


--
-- Name: FUNCTION no_patient(p_patient integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.no_patient(p_patient integer) IS 'Why a number is no patient''s; NULL: it is one''s.';


--
-- Name: not_cancelable(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.not_cancelable(p_patient integer) RETURNS SETOF public.api_appointment
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT api.*
    FROM upcoming_appointments(p_patient) AS a
    INNER JOIN api_appointment AS api ON a.id = api.id
    WHERE appointment_cancel_notice('patient', a.cancel_deadline, clock_timestamp()) IS NOT NULL
    ORDER BY api.appointment_date, api.id
$$;


--
-- Name: FUNCTION not_cancelable(p_patient integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.not_cancelable(p_patient integer) IS 'The appointments ahead of a patient that they can no longer cancel, and so not leave either.';


--
-- Name: notification_failed(bigint, text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notification_failed(p_id bigint, p_why text, p_permanent boolean) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE notification SET
        outcome = left(p_why, 500),
        status = CASE WHEN p_permanent OR attempts >= 30 THEN 'failed' ELSE 'queued' END,
        -- 5 s, 10 s, 20 s ... up to an hour, each with up to a quarter more so that retries spread out
        due_at = clock_timestamp()
            + least(interval '5 s' * power(2, attempts - 1), interval '1 hour') * (1 + random() / 4)
    WHERE id = p_id AND status = 'queued'
$$;


--
-- Name: FUNCTION notification_failed(p_id bigint, p_why text, p_permanent boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.notification_failed(p_id bigint, p_why text, p_permanent boolean) IS 'An attempt failed and why; it is tried again later unless the failure is permanent or was the thirtieth.';


--
-- Name: notification_sent(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notification_sent(p_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    UPDATE notification SET status = 'sent', sent_at = clock_timestamp(), outcome = NULL, snapshot = NULL
    WHERE id = p_id AND status = 'queued';
    UPDATE offer SET status = 'sent'
    WHERE id = (SELECT offer_id FROM notification WHERE id = p_id AND kind = 'slot_offered') AND status = 'queued'
$$;


--
-- Name: FUNCTION notification_sent(p_id bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.notification_sent(p_id bigint) IS 'The mail server took it.';


--
-- Name: notification_stale(public.notification); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notification_stale(n public.notification) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN coalesce(n.snapshot ->> 'email', mail_address(r, n.kind)) IS NULL THEN 'there is nowhere to send it'
        WHEN n.kind = 'waitlist_joined'
            THEN (SELECT 'the waiting has ended' FROM waitlist_entry
                WHERE id = n.waitlist_entry_id AND status NOT IN ('waiting', 'offered', 'paused'))
        WHEN n.appointment_id IS NULL THEN NULL
        WHEN n.payment_id IS NOT NULL THEN NULL -- what became of money stays true
        WHEN n.kind = 'slot_offered'
            THEN (SELECT 'the offer has been ' || status FROM api_offer WHERE id = n.offer_id AND status NOT IN ('queued', 'sent'))
        WHEN n.offer_id IS NOT NULL THEN NULL -- an offer that has ended stays so
        WHEN a.version <> n.appointment_version THEN 'the appointment has changed since'
        ELSE scheduled_notification_stale(n.kind, a, clock_timestamp())
    END
    FROM account AS r
    LEFT JOIN appointment AS a ON a.id = n.appointment_id
    WHERE r.id = n.account_id
$$;


--
-- Name: FUNCTION notification_stale(n public.notification); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.notification_stale(n public.notification) IS 'Why a mail would say what is no longer so; NULL: it is true.';


--
-- Name: notify_account(text, public.appointment, integer, tstzrange); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notify_account(p_kind text, a public.appointment, p_account integer, p_old_time tstzrange DEFAULT NULL::tstzrange) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO notification AS n (kind, account_id, appointment_id, appointment_version, slot, batch)
    VALUES (p_kind, p_account, a.id, a.version, p_old_time, nullif(current_setting('booking.batch', true), '')::uuid)
    ON CONFLICT (batch, account_id) WHERE batch IS NOT NULL DO UPDATE SET also = n.also || excluded.appointment_id
$$;


--
-- Name: FUNCTION notify_account(p_kind text, a public.appointment, p_account integer, p_old_time tstzrange); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.notify_account(p_kind text, a public.appointment, p_account integer, p_old_time tstzrange) IS 'Queues one mail to one account about this version of an appointment; within a batch, adds it to the account''s one mail.';


--
-- Name: notify_of_offer(text, public.offer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notify_of_offer(p_kind text, o public.offer) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, offer_id)
    SELECT p_kind, w.patient_id, a.id, a.version, o.id
    FROM waitlist_entry AS w, appointment AS a
    WHERE w.id = o.waitlist_entry_id AND a.id = o.appointment_id
    ON CONFLICT DO NOTHING
$$;


--
-- Name: FUNCTION notify_of_offer(p_kind text, o public.offer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.notify_of_offer(p_kind text, o public.offer) IS 'Queues one mail about an offer to whom it is made.';


--
-- Name: offer_by_token(bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.offer_by_token(p_token_hash bytea) RETURNS TABLE(id integer, patient integer, doctor text, timezone text, appointment integer, starts_at timestamp with time zone, ends_at timestamp with time zone, fee numeric, currency text, status text, expires_at timestamp with time zone, appointment_status text, hold_expires_at timestamp with time zone, cancel_deadline timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT
        o.id, o.patient, d.full_name, p.timezone, o.appointment, o.appointment_date, o.ends_at,
        o.fee, o.currency, o.status, o.expires_at, a.status, a.hold_expires_at, a.cancel_deadline
    FROM offer_token AS t
    INNER JOIN api_offer AS o ON t.offer_id = o.id
    INNER JOIN api_appointment AS a ON o.appointment = a.id
    INNER JOIN doctor AS d ON o.doctor = d.account_id
    INNER JOIN patient AS p ON o.patient = p.account_id
    WHERE t.token_hash = p_token_hash
$$;


--
-- Name: FUNCTION offer_by_token(p_token_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.offer_by_token(p_token_hash bytea) IS 'The offer that a token (SHA-256) is for, as its page shows it; no row if there is none.';


--
-- Name: offer_immutable(public.offer, public.offer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.offer_immutable(was public.offer, becomes public.offer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN (was.id, was.appointment_id, was.waitlist_entry_id, was.wave, was.expires_at, was.created_at)
            <> (becomes.id, becomes.appointment_id, becomes.waitlist_entry_id, becomes.wave, becomes.expires_at, becomes.created_at)
            THEN 'Only the status of an offer changes.'
    END
$$;


--
-- Name: FUNCTION offer_immutable(was public.offer, becomes public.offer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.offer_immutable(was public.offer, becomes public.offer) IS 'What is offered, to whom, in which wave and until when never changes. Why one row may not become the other; NULL: nothing that must stay has changed.';


--
-- Name: offer_notice(public.waitlist_entry); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.offer_notice(w public.waitlist_entry) RETURNS interval
    LANGUAGE sql STABLE
    AS $$
    SELECT greatest(offer_min_notice, make_interval(mins => w.min_notice_minutes)) FROM policy
$$;


--
-- Name: FUNCTION offer_notice(w public.waitlist_entry); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.offer_notice(w public.waitlist_entry) IS 'How long before a slot starts an entry must be able to claim it: policy.offer_min_notice, or longer if the patient says so.';


--
-- Name: offer_plan(public.doctor, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.offer_plan(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) RETURNS TABLE(entry_id integer, appointment_id integer, slot tstzrange)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    room integer := CASE WHEN is_verified(d, p) THEN d.max_appointments - active_appointments(d.account_id, at_) ELSE 0 END
        FROM policy AS p;
    free tstzrange[]; -- not looked for before somebody may have one: a doctor may have hundreds
    among tstzrange;
    given integer[] := ARRAY[]::integer[];
    w waitlist_entry;
BEGIN
    FOR w IN SELECT * FROM entries_in_line(d.account_id, at_) LOOP
        entry_id := w.id;
        appointment_id := NULL;
        SELECT o.id, o.during INTO appointment_id, slot FROM slot_on_offer(w, d, given, at_) AS o;
        IF appointment_id IS NOT NULL THEN
            given := given || appointment_id;
            RETURN NEXT;
        ELSIF room > 0 THEN
            among := CASE WHEN has_unused_offer(w, at_) THEN p_freed ELSE '(,)' END;
            CONTINUE WHEN among IS NULL;
            free := coalesce(free, slots_to_offer(d, p_freed, at_), '{}');
            slot := first_matching_slot(w, d, among, free, at_);
            IF slot IS NOT NULL THEN
                room := room - 1;
                free := ARRAY(
                    SELECT f.slot FROM unnest(free) WITH ORDINALITY AS f (slot, n)
                    WHERE NOT f.slot && offer_plan.slot ORDER BY f.n
                );
                RETURN NEXT;
            END IF;
        END IF;
    END LOOP;
END
$$;


--
-- Name: FUNCTION offer_plan(d public.doctor, p_freed tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.offer_plan(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) IS 'For each waitlist entry of a doctor that can be served at an instant its slot: one on offer (an appointment), or a free one (no appointment yet). Of free ones first those that have just come free; those within p_freed also for who has let others pass.';


--
-- Name: offer_status_transition(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.offer_status_transition(old_status text, new_status text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN (old_status, new_status) = ('queued', 'sent') THEN NULL
        WHEN old_status IN ('queued', 'sent') AND new_status IN ('accepted', 'declined', 'expired', 'superseded') THEN NULL
        ELSE format('An offer that is %s cannot become %s.', old_status, new_status)
    END
$$;


--
-- Name: FUNCTION offer_status_transition(old_status text, new_status text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.offer_status_transition(old_status text, new_status text) IS 'An offer is answered, or ends, once. Why an offer may not take a status; NULL: it may.';


--
-- Name: offer_superseded(public.offer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.offer_superseded(o public.offer, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN o.status = 'superseded' THEN 'Somebody else was faster, or the slot is no more. You keep your place in line.'
        WHEN o.status = 'expired' OR o.status IN ('queued', 'sent') AND o.expires_at <= at_
            THEN format('This offer was good until %s. You keep your place in line.', utc_text(o.expires_at))
    END
$$;


--
-- Name: FUNCTION offer_superseded(o public.offer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.offer_superseded(o public.offer, at_ timestamp with time zone) IS 'An offer is good until its time is over or somebody else has the slot. Why an offer is no longer good at an instant; NULL: it is, or was answered.';


--
-- Name: offer_wave(public.appointment, public.doctor, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.offer_wave(a public.appointment, d public.doctor, at_ timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    wave_ integer := present_wave(a, at_);
    places integer := (SELECT (offer_first_wave * 2 ^ least(wave_ - 1, 16))::integer FROM policy)
        - (SELECT count(*)::integer FROM offer WHERE appointment_id = a.id AND wave = wave_);
BEGIN
    PERFORM make_offer(a, next_, wave_, at_)
    FROM (
        SELECT w FROM next_in_line(a, d, at_) AS w LIMIT greatest(places, 0)
    ) AS n (next_);
    -- it has been looked at; from now on it is its end that matters
    UPDATE offer SET due_at = expires_at
    WHERE appointment_id = a.id AND status IN ('queued', 'sent') AND due_at <= at_;
END
$$;


--
-- Name: FUNCTION offer_wave(a public.appointment, d public.doctor, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.offer_wave(a public.appointment, d public.doctor, at_ timestamp with time zone) IS 'Offers a slot to as many more as its present wave takes.';


--
-- Name: open_calendar_feed(integer, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.open_calendar_feed(p_account integer, p_token bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    INSERT INTO calendar_feed (account_id, token_hash)
    -- locked, so that an erasure at this moment leaves no link
    SELECT id, p_token FROM account WHERE id = p_account AND status = 'active' FOR NO KEY UPDATE
    ON CONFLICT (account_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = clock_timestamp()
$$;


--
-- Name: FUNCTION open_calendar_feed(p_account integer, p_token bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.open_calendar_feed(p_account integer, p_token bytea) IS 'Makes the link with the token of this SHA-256 the one that shows an active account''s appointments.';


--
-- Name: open_offer(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.open_offer(p_patient integer, p_doctor integer, p_start timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT o.id
    FROM waitlist_entry AS w
    INNER JOIN offer AS o ON o.waitlist_entry_id = w.id
    INNER JOIN appointment AS a ON o.appointment_id = a.id
    WHERE w.patient_id = p_patient AND w.doctor_id = p_doctor AND w.status = 'offered' AND lower(a.during) = p_start
        AND o.status IN ('queued', 'sent') AND o.expires_at > clock_timestamp()
$$;


--
-- Name: FUNCTION open_offer(p_patient integer, p_doctor integer, p_start timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.open_offer(p_patient integer, p_doctor integer, p_start timestamp with time zone) IS 'The offer by which a patient can claim a doctor''s slot that starts at an instant; NULL: there is none.';


--
-- Name: other_appointments_of_doctor(public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.other_appointments_of_doctor(a public.appointment, at_ timestamp with time zone) RETURNS public.other_appointments
    LANGUAGE sql STABLE
    AS $$
    SELECT
        count(*) FILTER (WHERE is_active)::integer,
        count(*) FILTER (WHERE is_active AND status = 'pending')::integer,
        coalesce(bit_or(1 << seat), 0),
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT status, seat, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE doctor_id = a.doctor_id AND seat IS NOT NULL AND id IS DISTINCT FROM a.id
    ) AS o
$$;


--
-- Name: FUNCTION other_appointments_of_doctor(a public.appointment, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.other_appointments_of_doctor(a public.appointment, at_ timestamp with time zone) IS 'One look at the doctor''s other rows that hold a seat.';


--
-- Name: other_appointments_of_patient(public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.other_appointments_of_patient(a public.appointment, at_ timestamp with time zone) RETURNS public.other_appointments
    LANGUAGE sql STABLE
    AS $$
    SELECT
        count(*) FILTER (WHERE is_active)::integer,
        count(*) FILTER (WHERE is_active AND status = 'pending')::integer,
        0,
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT status, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE patient_id = a.patient_id AND seat IS NOT NULL AND id IS DISTINCT FROM a.id
    ) AS o
$$;


--
-- Name: FUNCTION other_appointments_of_patient(a public.appointment, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.other_appointments_of_patient(a public.appointment, at_ timestamp with time zone) IS 'One look at the patient''s other rows that hold a seat; the seats themselves are their doctors'' matter.';


--
-- Name: password_hash_of(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.password_hash_of(p_account integer) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT password_hash FROM account WHERE id = p_account
$$;


--
-- Name: FUNCTION password_hash_of(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.password_hash_of(p_account integer) IS 'The hash that an account''s password is verified against; NULL if there is no such account any more.';


--
-- Name: password_reset_of(bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.password_reset_of(p_hash bytea) RETURNS TABLE(username text, email text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT a.username, a.email
    FROM account_token AS t
    INNER JOIN account AS a ON t.account_id = a.id
    WHERE t.token_hash = p_hash AND t.purpose = 'password_reset' AND t.expires_at > clock_timestamp()
$$;


--
-- Name: FUNCTION password_reset_of(p_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.password_reset_of(p_hash bytea) IS 'What the new password that a code (SHA-256) is for must not be; no row if there is no such code.';


--
-- Name: patient_is_free(integer, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.patient_is_free(p_patient integer, slot tstzrange, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT NOT EXISTS (
        SELECT FROM appointment AS a
        WHERE a.patient_id = p_patient AND a.status IN ('pending', 'confirmed') AND a.during && slot
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;


--
-- Name: FUNCTION patient_is_free(p_patient integer, slot tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.patient_is_free(p_patient integer, slot tstzrange, at_ timestamp with time zone) IS 'Whether a patient has no active appointment at any moment of a time.';


--
-- Name: pause_waitlist(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.pause_waitlist(p_patient integer, p_entry integer) RETURNS SETOF public.api_waitlist_entry
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'paused')
$$;


--
-- Name: FUNCTION pause_waitlist(p_patient integer, p_entry integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.pause_waitlist(p_patient integer, p_entry integer) IS 'Offers a patient (account id) nothing until they resume, and keeps their place; no row if the entry is not theirs.';


--
-- Name: payment_amount_matches_fee(public.appointment, numeric, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.payment_amount_matches_fee(a public.appointment, amount numeric, currency text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN amount IS DISTINCT FROM a.fee OR currency IS DISTINCT FROM a.currency::text
            THEN format('This appointment costs %s.', money_text(a.fee, a.currency))
    END
$$;


--
-- Name: FUNCTION payment_amount_matches_fee(a public.appointment, amount numeric, currency text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.payment_amount_matches_fee(a public.appointment, amount numeric, currency text) IS 'What is paid is the fee recorded on the appointment, in its currency. Why an amount of money is not the price of an appointment; NULL: it is.';


--
-- Name: payment_appointment_payable(public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.payment_appointment_payable(a public.appointment, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN s.status = 'expired' THEN 'The hold on this slot has lapsed. Book it again to pay for it.'
        WHEN s.status <> 'pending' THEN format('This appointment is %s: there is nothing to pay.', replace(s.status, '_', '-'))
        WHEN EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'A payment for this appointment is being taken already.'
    END
    FROM appointment_status(a.status, a.hold_expires_at, upper(a.during), at_) AS s (status)
$$;


--
-- Name: FUNCTION payment_appointment_payable(a public.appointment, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.payment_appointment_payable(a public.appointment, at_ timestamp with time zone) IS 'An appointment is paid while its hold lives, and once. Why nobody can begin to pay for an appointment at an instant; NULL: they can.';


--
-- Name: payment_immutable(public.payment, public.payment, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.payment_immutable(was public.payment, becomes public.payment, by_hand boolean) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT 'These columns of a payment cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('amount', was.amount <> becomes.amount),
        ('currency', was.currency <> becomes.currency),
        ('reference', was.reference <> becomes.reference),
        ('order_id', was.order_id <> becomes.order_id OR becomes.order_id IS NULL AND was.order_id IS NOT NULL),
        ('capture_id', was.capture_id <> becomes.capture_id OR becomes.capture_id IS NULL AND was.capture_id IS NOT NULL),
        ('created_at', was.created_at <> becomes.created_at),
        ('updated_at', was.updated_at <> becomes.updated_at),
        ('refund_total', was.refund_total <> becomes.refund_total AND by_hand),
        -- decided once, when the money is there
        (
            'without_slot',
            was.without_slot <> becomes.without_slot AND (becomes.status <> 'captured' OR was.status = 'captured')
        ),
        (
            'appointment_id',
            was.appointment_id <> becomes.appointment_id AND NOT EXISTS (
                SELECT FROM appointment AS a
                INNER JOIN appointment AS b
                    ON a.doctor_id = b.doctor_id AND a.patient_id = b.patient_id AND a.during = b.during
                WHERE a.id = was.appointment_id AND b.id = becomes.appointment_id AND a.status = 'expired'
            )
        )
    ) AS changes (name, changed)
    WHERE changed
$$;


--
-- Name: FUNCTION payment_immutable(was public.payment, becomes public.payment, by_hand boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.payment_immutable(was public.payment, becomes public.payment, by_hand boolean) IS 'What a payment is of, its amount and its names at PayPal never change. Why one row may not become the other, by hand or by the trigger that adds up refunds; NULL: nothing that must stay has changed.';


--
-- Name: payment_status_transition(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.payment_status_transition(old_status text, new_status text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status <> 'created' THEN format('A payment cannot begin as %s.', new_status)
        WHEN old_status IS NULL OR old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('created', 'approved'), ('approved', 'capturing'),
            ('capturing', 'created'), -- the payer's means of payment was declined; another may be chosen
            ('created', 'canceled'), ('approved', 'canceled'),
            ('created', 'failed'), ('approved', 'failed'), ('capturing', 'failed'), ('pending_review', 'failed'),
            ('captured', 'partially_refunded'), ('captured', 'refunded'), ('partially_refunded', 'refunded')
        ) THEN NULL
        WHEN new_status IN ('pending_review', 'captured') AND old_status NOT IN ('captured', 'partially_refunded', 'refunded')
            THEN NULL
        ELSE format('A payment that is %s cannot become %s.', replace(old_status, '_', ' '), replace(new_status, '_', ' '))
    END
$$;


--
-- Name: FUNCTION payment_status_transition(old_status text, new_status text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.payment_status_transition(old_status text, new_status text) IS 'A payment only goes forward. Why a payment (old status NULL: a new one) may not take a status; NULL: it may.';


--
-- Name: place_appointment(public.appointment, public.doctor, public.policy, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.place_appointment(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone) RETURNS public.appointment
    LANGUAGE plpgsql
    AS $$
DECLARE
    of_doctor other_appointments;
    of_patient other_appointments;
    broken record;
BEGIN
    -- updated, not only locked, for the reason given at lock_doctor
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = a.patient_id;
    PERFORM refuse('appointment_patient_id_fkey', barred_patient(a.patient_id, a.seat IS NULL));
    of_doctor := other_appointments_of_doctor(a, at_);
    of_patient := other_appointments_of_patient(a, at_);
    SELECT * INTO broken FROM broken_rules(a, d, p, at_, of_doctor, of_patient) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse(broken.rule, broken.why);
    END IF;
    IF of_doctor.stale OR of_patient.stale THEN
        PERFORM retire_appointments(a.doctor_id, a.patient_id, at_);
        of_doctor := other_appointments_of_doctor(a, at_);
    END IF;
    IF a.seat IS NULL THEN
        a.seat := lowest_free_seat(of_doctor.seats);
    END IF;
    RETURN a;
END
$$;


--
-- Name: FUNCTION place_appointment(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.place_appointment(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone) IS 'Refuses a place that breaks a rule, else returns the row with its seat. The doctor must be locked.';


--
-- Name: prefer_slots(integer, integer, time without time zone, time without time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.prefer_slots(p_patient integer, p_entry integer, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer) RETURNS SETOF public.api_waitlist_entry
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    w waitlist_entry := lock_entry(p_patient, p_entry);
BEGIN
    UPDATE waitlist_entry SET earliest_time = p_earliest, latest_time = p_latest, min_notice_minutes = p_notice_minutes
    WHERE id = w.id;
    PERFORM serve_waitlist(w.doctor_id) WHERE w.id IS NOT NULL;
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = w.id;
END
$$;


--
-- Name: FUNCTION prefer_slots(p_patient integer, p_entry integer, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.prefer_slots(p_patient integer, p_entry integer, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer) IS 'Says at which times of the doctor''s day a patient''s (account id) slot should start, and how long before that an offer must come; no row if the entry is not theirs. An offer that is made stays.';


--
-- Name: present_wave(public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.present_wave(a public.appointment, at_ timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce((
        SELECT CASE
            WHEN at_ < o.created_at + wave_delay(lower(a.during) - o.created_at)
                AND EXISTS (SELECT FROM offer AS l WHERE l.appointment_id = a.id AND l.status IN ('queued', 'sent'))
                THEN o.wave
            ELSE o.wave + 1
        END
        FROM offer AS o WHERE o.appointment_id = a.id
        ORDER BY o.wave DESC, o.id
        LIMIT 1
    ), 1)
$$;


--
-- Name: FUNCTION present_wave(a public.appointment, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.present_wave(a public.appointment, at_ timestamp with time zone) IS 'Which wave whoever is offered a slot at an instant belongs to: the last, until its time is over or nobody in it is left.';


--
-- Name: purge_codes(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.purge_codes(p_before timestamp with time zone, p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    codes integer;
    links integer;
    addresses integer;
BEGIN
    DELETE FROM account_token WHERE token_hash IN (
        SELECT token_hash FROM account_token WHERE expires_at < clock_timestamp()
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS codes = ROW_COUNT;
    DELETE FROM offer_token WHERE token_hash IN (
        SELECT token_hash FROM offer_token WHERE created_at < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS links = ROW_COUNT;
    UPDATE account SET pending_email = NULL WHERE id IN (
        SELECT a.id FROM account AS a
        WHERE a.pending_email IS NOT NULL
            AND NOT EXISTS (SELECT FROM account_token AS t WHERE t.account_id = a.id AND t.email = a.pending_email)
            AND NOT EXISTS (
                SELECT FROM notification AS n
                WHERE n.account_id = a.id AND n.kind = 'email_verification' AND n.status = 'queued'
            )
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS addresses = ROW_COUNT;
    RETURN codes + links + addresses;
END
$$;


--
-- Name: FUNCTION purge_codes(p_before timestamp with time zone, p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.purge_codes(p_before timestamp with time zone, p_limit integer) IS 'Forgets mailed codes and links that are good no more, and addresses that nobody can prove any more.';


--
-- Name: purge_mails(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.purge_mails(p_before timestamp with time zone, p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    mails integer;
BEGIN
    UPDATE notification SET outcome = NULL, snapshot = NULL, request_id = NULL WHERE id IN (
        SELECT id FROM notification
        WHERE status <> 'queued' AND (outcome IS NOT NULL OR snapshot IS NOT NULL OR request_id IS NOT NULL)
            AND created_at < p_before
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS mails = ROW_COUNT;
    RETURN mails;
END
$$;


--
-- Name: FUNCTION purge_mails(p_before timestamp with time zone, p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.purge_mails(p_before timestamp with time zone, p_limit integer) IS 'Forgets of mails all but that there were some; what they said is kept nowhere anyway.';


--
-- Name: purge_payments(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.purge_payments(p_before timestamp with time zone, p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    payers integer;
    events integer;
BEGIN
    UPDATE payment SET payer_id = NULL, approval_url = NULL WHERE id IN (
        SELECT id FROM payment
        WHERE (payer_id IS NOT NULL OR approval_url IS NOT NULL) AND updated_at < p_before AND due_at IS NULL
            AND status IN ('captured', 'partially_refunded', 'refunded', 'canceled', 'failed')
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS payers = ROW_COUNT;
    DELETE FROM webhook_event WHERE id IN (
        SELECT id FROM webhook_event WHERE received_at < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS events = ROW_COUNT;
    RETURN payers + events;
END
$$;


--
-- Name: FUNCTION purge_payments(p_before timestamp with time zone, p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.purge_payments(p_before timestamp with time zone, p_limit integer) IS 'Forgets who paid at PayPal, and PayPal''s news; amounts and PayPal''s names of order, capture and refund stay for the books.';


--
-- Name: purge_personal_data(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.purge_personal_data(p_limit integer DEFAULT 5000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    before timestamptz := clock_timestamp() - interval '720 hours';
BEGIN
    RETURN purge_reasons(before, p_limit) + purge_mails(before, p_limit) + purge_payments(before, p_limit) + purge_codes(before, p_limit);
END
$$;


--
-- Name: FUNCTION purge_personal_data(p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.purge_personal_data(p_limit integer) IS 'Forgets personal data that is 30 days old and serves no more, some thousand rows of each kind; returns how many rows it took, 0 when none is left.';


--
-- Name: purge_reasons(timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.purge_reasons(p_before timestamp with time zone, p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    reasons integer;
    absences integer;
BEGIN
    PERFORM act_as('purge');
    UPDATE appointment SET cancel_reason = NULL WHERE id IN (
        SELECT id FROM appointment WHERE cancel_reason IS NOT NULL AND updated_at < p_before
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS reasons = ROW_COUNT;
    PERFORM act_as('');
    DELETE FROM time_off WHERE id IN (
        SELECT id FROM time_off WHERE upper(during) < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS absences = ROW_COUNT;
    RETURN reasons + absences;
END
$$;


--
-- Name: FUNCTION purge_reasons(p_before timestamp with time zone, p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.purge_reasons(p_before timestamp with time zone, p_limit integer) IS 'Forgets why appointments were canceled, and time off that is over.';


--
-- Name: queue_code_mail(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.queue_code_mail(p_account integer, p_kind text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO notification (kind, account_id)
    SELECT p_kind, a.id FROM account AS a
    WHERE a.id = p_account AND a.status = 'active' AND mail_address(a, p_kind) IS NOT NULL AND NOT EXISTS (
        -- whoever asks often gets one a minute, so that nobody's mailbox can be flooded
        SELECT FROM notification AS n
        WHERE n.account_id = p_account AND n.kind = p_kind
            AND (n.status = 'queued' OR n.created_at > clock_timestamp() - interval '1 min')
    )
$$;


--
-- Name: FUNCTION queue_code_mail(p_account integer, p_kind text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.queue_code_mail(p_account integer, p_kind text) IS 'Queues a mail with a code for an active account, unless one is on its way or went out within the last minute.';


--
-- Name: queue_scheduled_notifications(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.queue_scheduled_notifications(p_limit integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    mails integer;
BEGIN
    WITH due AS (
        SELECT appointment_id, kind FROM coming_mail
        WHERE due_at <= clock_timestamp()
        ORDER BY due_at
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED -- another worker is at it, or the appointment is changing
    ), taken AS (
        DELETE FROM coming_mail AS c USING due AS d
        WHERE c.appointment_id = d.appointment_id AND c.kind = d.kind
        RETURNING c.appointment_id, c.kind, c.appointment_version, c.due_at
    )
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version)
    SELECT t.kind, a.patient_id, a.id, t.appointment_version
    FROM taken AS t
    INNER JOIN appointment AS a ON t.appointment_id = a.id
    ORDER BY t.due_at
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS mails = ROW_COUNT;
    RETURN mails;
END
$$;


--
-- Name: FUNCTION queue_scheduled_notifications(p_limit integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.queue_scheduled_notifications(p_limit integer) IS 'Puts up to so many planned mails that are due into the outbox, each once; how many. Safe at any time, by any number of workers.';


--
-- Name: receipt_lifetime(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.receipt_lifetime() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT interval '24 hours'
$$;


--
-- Name: FUNCTION receipt_lifetime(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.receipt_lifetime() IS 'For how long a request that is sent again is known again.';


--
-- Name: receive_webhook(text, text, text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.receive_webhook(p_event text, p_kind text, p_names text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    ours integer := (
        SELECT id FROM payment WHERE order_id = ANY (p_names)
        UNION ALL
        SELECT id FROM payment WHERE capture_id = ANY (p_names)
        UNION ALL
        SELECT payment_id FROM refund WHERE paypal_id = ANY (p_names)
        UNION ALL
        SELECT id FROM payment
        WHERE reference = ANY (ARRAY(SELECT name::uuid FROM unnest(p_names) AS name WHERE name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))
        LIMIT 1
    );
BEGIN
    -- before the event refers to it: whoever is writing the capture's id down would wait for that, and we for them
    PERFORM FROM payment WHERE id = ours FOR NO KEY UPDATE;
    INSERT INTO webhook_event (id, kind, payment_id) VALUES (p_event, p_kind, ours) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE payment SET due_at = clock_timestamp() WHERE id = ours;
        UPDATE refund SET due_at = clock_timestamp() WHERE payment_id = ours AND status = 'pending';
    END IF;
END
$_$;


--
-- Name: FUNCTION receive_webhook(p_event text, p_kind text, p_names text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.receive_webhook(p_event text, p_kind text, p_names text[]) IS 'Keeps an event of PayPal''s, once, and has the payment looked at that one of the names in it (order, capture, refund, our reference) is of.';


--
-- Name: reconcile_payments(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reconcile_payments() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    orphan integer;
    orphans integer := 0;
BEGIN
    FOR orphan IN
        SELECT p.id FROM payment AS p
        INNER JOIN appointment AS a ON p.appointment_id = a.id
        WHERE p.status IN ('captured', 'partially_refunded') AND p.refund_total < p.amount
            AND a.status IN ('pending', 'canceled', 'expired', 'released')
            AND NOT EXISTS (SELECT FROM refund WHERE payment_id = p.id AND status = 'failed')
        ORDER BY p.id
    LOOP
        PERFORM request_refund(orphan, 'slot_lost');
        orphans := orphans + 1;
    END LOOP;
    RETURN orphans;
END
$$;


--
-- Name: FUNCTION reconcile_payments(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reconcile_payments() IS 'Has money paid back that was captured for an appointment that is not confirmed; how many payments. Nothing is left to find unless triggers were off.';


--
-- Name: record_capture(integer, text, text, numeric, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_capture(p_payment integer, p_capture text, p_status text, p_amount numeric, p_currency text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    CASE
        WHEN p_status IN ('REFUNDED', 'PARTIALLY_REFUNDED') AND pay.refund_total > 0 THEN
            NULL; -- ours; each refund is asked about by itself
        WHEN pay.status IN ('captured', 'partially_refunded', 'refunded') THEN
            -- not of what is only late news: somebody asked before it was completed
            UPDATE payment SET attention = format('PayPal says that capture %s is %s.', p_capture, p_status)
            WHERE id = p_payment AND p_status NOT IN ('COMPLETED', 'PENDING');
        WHEN p_status IN ('DECLINED', 'FAILED') THEN
            PERFORM end_capture(pay);
        WHEN (pay.amount, pay.currency::text) IS DISTINCT FROM (p_amount, p_currency) THEN
            UPDATE payment SET attention = format('PayPal captured %s (%s).', money_text(p_amount, p_currency), p_capture)
            WHERE id = p_payment;
        WHEN p_status = 'COMPLETED' THEN
            PERFORM settle_capture(pay, p_capture);
        WHEN p_status = 'PENDING' THEN
            PERFORM await_review(pay, p_capture);
        ELSE
            UPDATE payment SET attention = format('PayPal says that capture %s is %s.', p_capture, p_status)
            WHERE id = p_payment;
    END CASE;
END
$$;


--
-- Name: FUNCTION record_capture(p_payment integer, p_capture text, p_status text, p_amount numeric, p_currency text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.record_capture(p_payment integer, p_capture text, p_status text, p_amount numeric, p_currency text) IS 'Writes down PayPal''s capture (its status as PayPal says it): confirms the appointment, keeps it held under review, ends the payment, or pays the money back if the slot is gone.';


--
-- Name: record_change(text, integer, jsonb, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_change(p_kind text, p_id integer, p_was jsonb, p_becomes jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
    INSERT INTO history SELECT h.*;
END
$$;


--
-- Name: FUNCTION record_change(p_kind text, p_id integer, p_was jsonb, p_becomes jsonb); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.record_change(p_kind text, p_id integer, p_was jsonb, p_becomes jsonb) IS 'Adds a record to the chain of an object, whose row must be locked.';


--
-- Name: record_decline(integer, uuid, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_decline(p_payment integer, p_request uuid, p_approval_url text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    -- only of the attempt that was declined: another may be running by now
    IF pay.status = 'capturing' AND pay.capture_request_id = p_request THEN
        PERFORM end_hold_extension(pay);
        UPDATE payment SET status = 'created', approval_url = coalesce(p_approval_url, approval_url) WHERE id = p_payment;
    END IF;
END
$$;


--
-- Name: FUNCTION record_decline(p_payment integer, p_request uuid, p_approval_url text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.record_decline(p_payment integer, p_request uuid, p_approval_url text) IS 'The payer''s means of payment was declined: another may be chosen, at the given address, while the hold lives.';


--
-- Name: record_order(integer, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_order(p_payment integer, p_order text, p_approval_url text) RETURNS SETOF public.api_payment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    -- two requests that began together got the same order: they sent the same PayPal-Request-Id
    UPDATE payment SET order_id = p_order, approval_url = p_approval_url WHERE id = p_payment AND order_id IS NULL;
    RETURN QUERY SELECT * FROM api_payment WHERE payment_id = p_payment;
END
$$;


--
-- Name: FUNCTION record_order(p_payment integer, p_order text, p_approval_url text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.record_order(p_payment integer, p_order text, p_approval_url text) IS 'Keeps the order that PayPal made for a payment.';


--
-- Name: record_refund(integer, text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_refund(p_refund integer, p_paypal text, p_status text, p_outcome text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM lock_payment(payment_id) FROM refund WHERE id = p_refund;
    UPDATE refund SET
        paypal_id = coalesce(p_paypal, paypal_id),
        status = p_status,
        outcome = p_outcome,
        due_at = CASE
            WHEN due_at <= clock_timestamp() THEN due_at -- there has been news of it since it was claimed
            -- 1, 2, 4 ... minutes, up to 6 hours
            ELSE clock_timestamp() + least(interval '1 min' * power(2, greatest(attempts - 1, 0)), interval '6 hours')
        END
    WHERE id = p_refund AND status IN ('requested', 'pending');
END
$$;


--
-- Name: FUNCTION record_refund(p_refund integer, p_paypal text, p_status text, p_outcome text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.record_refund(p_refund integer, p_paypal text, p_status text, p_outcome text) IS 'Writes down how a refund stands (requested, pending, completed or failed) and why; unless it is over, it is looked at again later.';


--
-- Name: record_visit(integer, integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.record_visit(p_doctor integer, p_appointment integer, p_status text) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF p_status NOT IN ('completed', 'no_show') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'A visit is completed or a no-show.';
    END IF;
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor) THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    -- what the sweep or the doctor has said already may be said again
    UPDATE appointment SET status = p_status WHERE id = p_appointment AND status <> p_status;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;


--
-- Name: FUNCTION record_visit(p_doctor integer, p_appointment integer, p_status text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.record_visit(p_doctor integer, p_appointment integer, p_status text) IS 'Says of a doctor''s (account id) appointment that it was completed or that the patient did not come; no row if it is not theirs.';


--
-- Name: recorded_actor(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.recorded_actor() RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN split_part(current_setting('booking.actor', true), ':', 1) <> '' THEN booking_actor()
        -- what the API and the worker do on nobody's behalf
        WHEN session_user = 'booking_app' THEN 'system'
        ELSE 'admin'
    END
$$;


--
-- Name: FUNCTION recorded_actor(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.recorded_actor() IS 'How whoever is writing at this moment acts, for the record.';


--
-- Name: refund_immutable(public.refund, public.refund); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refund_immutable(was public.refund, becomes public.refund) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT 'These columns of a refund cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('payment_id', was.payment_id <> becomes.payment_id),
        ('amount', was.amount <> becomes.amount),
        ('request_id', was.request_id <> becomes.request_id),
        ('paypal_id', was.paypal_id <> becomes.paypal_id OR becomes.paypal_id IS NULL AND was.paypal_id IS NOT NULL),
        ('created_at', was.created_at <> becomes.created_at)
    ) AS changes (name, changed)
    WHERE changed
$$;


--
-- Name: FUNCTION refund_immutable(was public.refund, becomes public.refund); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refund_immutable(was public.refund, becomes public.refund) IS 'What a refund is of, its amount and its names at PayPal never change. Why one row may not become the other; NULL: nothing that must stay has changed.';


--
-- Name: refund_status_transition(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refund_status_transition(old_status text, new_status text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status <> 'requested' THEN format('A refund cannot begin as %s.', new_status)
        WHEN old_status IS NULL OR old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('requested', 'pending'), ('requested', 'completed'), ('requested', 'failed'),
            ('pending', 'completed'), ('pending', 'failed')
        ) THEN NULL
        ELSE format('A refund that is %s cannot become %s.', old_status, new_status)
    END
$$;


--
-- Name: FUNCTION refund_status_transition(old_status text, new_status text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refund_status_transition(old_status text, new_status text) IS 'A refund only goes forward. Why a refund (old status NULL: a new one) may not take a status; NULL: it may.';


--
-- Name: refuse(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse(rule text, why text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, MESSAGE = why;
    END IF;
END
$$;


--
-- Name: FUNCTION refuse(rule text, why text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refuse(rule text, why text) IS 'Raises check_violation under the rule''s name, unless why is NULL: the rule is kept.';


--
-- Name: refuse_input(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_input(why text, hint text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = why, HINT = hint;
    END IF;
END
$$;


--
-- Name: FUNCTION refuse_input(why text, hint text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refuse_input(why text, hint text) IS 'Raises invalid_parameter_value with a hint, unless why is NULL: there is nothing wrong.';


--
-- Name: refuse_with_hint(text, text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_with_hint(code text, rule text, why text, hint text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = code, CONSTRAINT = rule, MESSAGE = why, HINT = hint;
END
$$;


--
-- Name: FUNCTION refuse_with_hint(code text, rule text, why text, hint text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refuse_with_hint(code text, rule text, why text, hint text) IS 'Raises what a rule has refused once more, under the same SQLSTATE and name, with a hint for whoever sits at psql.';


--
-- Name: release_offered_slot(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.release_offered_slot(p_patient integer, p_appointment integer, p_start timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    o offer;
BEGIN
    SELECT * INTO o FROM offer WHERE id = open_offer(p_patient, doctor_of(p_appointment), p_start);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE offer SET status = 'accepted' WHERE id = o.id;
    UPDATE waitlist_entry SET status = 'fulfilled' WHERE id = o.waitlist_entry_id;
    PERFORM act_as('system'); -- what becomes of the others is not the patient's doing
    PERFORM release_slot(o.appointment_id);
    PERFORM act_as('patient', p_patient);
    RETURN true;
END
$$;


--
-- Name: FUNCTION release_offered_slot(p_patient integer, p_appointment integer, p_start timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.release_offered_slot(p_patient integer, p_appointment integer, p_start timestamp with time zone) IS 'Releases the slot that starts at an instant, if it is offered to the patient by their appointment''s doctor, who must be locked: the appointment can then move there. Whether it was.';


--
-- Name: release_slot(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.release_slot(p_appointment integer) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE appointment SET status = 'released' WHERE id = p_appointment AND status = 'offered';
    UPDATE offer SET status = CASE WHEN expires_at <= clock_timestamp() THEN 'expired' ELSE 'superseded' END
    WHERE appointment_id = p_appointment AND status IN ('queued', 'sent');
$$;


--
-- Name: FUNCTION release_slot(p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.release_slot(p_appointment integer) IS 'A slot on offer is nobody''s any more, nor is any offer of it good.';


--
-- Name: replace_working_hours(integer, jsonb, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
BEGIN
    PERFORM act_as('doctor', p_doctor);
    DELETE FROM working_hours WHERE doctor_id = p_doctor;
    INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
    SELECT p_doctor, weekday, start_minute, end_minute
    FROM jsonb_to_recordset(p_week) AS w (weekday smallint, start_minute smallint, end_minute smallint);
    RETURN QUERY SELECT * FROM settle_affected(
        ARRAY(SELECT id FROM stranded_appointments(d, clock_timestamp())), 'The doctor''s working hours have changed.', p_cancel
    );
END
$$;


--
-- Name: FUNCTION replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean) IS 'Replaces a doctor''s week ([{weekday, start_minute, end_minute}]) and returns the appointments it strands, canceled if so told; else the commit is refused.';


--
-- Name: request_email_verification(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.request_email_verification(p_account integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT queue_code_mail(p_account, 'email_verification')
$$;


--
-- Name: FUNCTION request_email_verification(p_account integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.request_email_verification(p_account integer) IS 'Has a code mailed to the address that an account has yet to prove, if there is one.';


--
-- Name: request_password_reset(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.request_password_reset(p_email text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM queue_code_mail((SELECT id FROM account WHERE lower(email) = lower(p_email)), 'password_reset');
    -- writes to disk whether or not there was a mail to queue, so that the time it takes tells nothing
    PERFORM pg_logical_emit_message(true, 'password_reset', '');
END
$$;


--
-- Name: FUNCTION request_password_reset(p_email text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.request_password_reset(p_email text) IS 'Has a code to set a new password mailed to the account of an address, if there is one; nobody learns which.';


--
-- Name: request_refund(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.request_refund(p_payment integer, p_reason text) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO refund (payment_id, amount, reason)
    SELECT id, amount - refund_total, p_reason FROM payment
    WHERE id = p_payment AND status IN ('captured', 'partially_refunded') AND refund_total < amount
    FOR NO KEY UPDATE
$$;


--
-- Name: FUNCTION request_refund(p_payment integer, p_reason text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.request_refund(p_payment integer, p_reason text) IS 'Has everything paid back that was captured and is not on its way back.';


--
-- Name: require_login(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.require_login(p_account integer, p_generation integer) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM account WHERE id = p_account AND generation = p_generation AND status = 'active') THEN
        RAISE 'account % has no login of generation %', p_account, p_generation USING ERRCODE = 'U0401';
    END IF;
    RETURN true;
END
$$;


--
-- Name: FUNCTION require_login(p_account integer, p_generation integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.require_login(p_account integer, p_generation integer) IS 'True if an account''s access tokens of a generation are good still; else raises U0401, for the statement that asks it first.';


--
-- Name: reschedule_as_doctor(integer, integer, timestamp with time zone, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reschedule_as_doctor(p_doctor integer, p_appointment integer, p_start timestamp with time zone, p_block boolean) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    old_time tstzrange := (SELECT during FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor);
BEGIN
    IF old_time IS NULL THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    IF p_block THEN
        SELECT during INTO old_time FROM appointment WHERE id = p_appointment; -- as it stands after the wait
        INSERT INTO time_off (doctor_id, during) VALUES (p_doctor, old_time);
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;


--
-- Name: FUNCTION reschedule_as_doctor(p_doctor integer, p_appointment integer, p_start timestamp with time zone, p_block boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reschedule_as_doctor(p_doctor integer, p_appointment integer, p_start timestamp with time zone, p_block boolean) IS 'Moves a doctor''s (account id) appointment, and takes the old time off if told to block it; no row if it is not theirs.';


--
-- Name: reschedule_as_patient(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamp with time zone) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND patient_id = p_patient) THEN
        RETURN;
    END IF;
    PERFORM act_as('patient', p_patient);
    PERFORM lock_doctor_of(p_appointment);
    IF has_waitlist(doctor_of(p_appointment)) AND NOT release_offered_slot(p_patient, p_appointment, p_start) THEN
        PERFORM serve_waitlist(doctor_of(p_appointment)); -- what the clock has freed is theirs first
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;


--
-- Name: FUNCTION reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamp with time zone) IS 'Moves a patient''s (account id) appointment; no row if it is not theirs. The right to cancel never grows by it.';


--
-- Name: reserved_slots(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reserved_slots(p_doctor integer, at_ timestamp with time zone) RETURNS tstzrange[]
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF NOT has_waitlist(p_doctor) THEN
        RETURN ARRAY[]::tstzrange[];
    END IF;
    RETURN ARRAY(
        SELECT p.slot FROM doctor AS d CROSS JOIN LATERAL offer_plan(d, NULL, at_) AS p
        WHERE d.account_id = p_doctor AND active_appointments(p_doctor, at_) < d.max_appointments
            AND p.appointment_id IS NULL
    );
END
$$;


--
-- Name: FUNCTION reserved_slots(p_doctor integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reserved_slots(p_doctor integer, at_ timestamp with time zone) IS 'The slots of a doctor that are free but belong to the waitlist, because the clock has just freed them: the sweep will offer them within seconds.';


--
-- Name: reserved_times(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reserved_times(p_doctor integer, at_ timestamp with time zone) RETURNS tstzrange[]
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    owed tstzrange[] := reserved_slots(p_doctor, at_);
BEGIN
    -- the last seats are theirs, too
    IF cardinality(owed) > 0 AND (SELECT max_appointments FROM doctor WHERE account_id = p_doctor)
        <= active_appointments(p_doctor, at_) + cardinality(owed)
    THEN
        RETURN ARRAY['(,)'::tstzrange];
    END IF;
    RETURN owed;
END
$$;


--
-- Name: FUNCTION reserved_times(p_doctor integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reserved_times(p_doctor integer, at_ timestamp with time zone) IS 'The times in which nobody can book a free slot of a doctor, because it, or the seat that it takes, belongs to the waitlist.';


--
-- Name: reset_password(bytea, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.reset_password(p_hash bytea, p_new_hash text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    a account := use_account_token(p_hash, 'password_reset');
BEGIN
    IF a.id IS NULL THEN
        RETURN false;
    END IF;
    -- whoever has the code reads the address
    UPDATE account SET email_verified_at = coalesce(email_verified_at, clock_timestamp()) WHERE id = a.id;
    PERFORM set_password(a.id, p_new_hash);
    RETURN true;
END
$$;


--
-- Name: FUNCTION reset_password(p_hash bytea, p_new_hash text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.reset_password(p_hash bytea, p_new_hash text) IS 'Sets the password of the account that a mailed code (SHA-256) is for, with what follows; false if the code is not good.';


--
-- Name: resume_capture(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.resume_capture(p_payment integer) RETURNS TABLE(request_id uuid, rule text, why text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    IF pay.status IS DISTINCT FROM 'capturing' THEN
        RETURN;
    END IF;
    BEGIN
        PERFORM hold_for_capture(pay, clock_timestamp() + capture_time());
        request_id := pay.capture_request_id;
    EXCEPTION WHEN check_violation OR exclusion_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
        PERFORM give_up_capture(pay);
    END;
    RETURN NEXT;
END
$$;


--
-- Name: FUNCTION resume_capture(p_payment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.resume_capture(p_payment integer) IS 'Before a capture that was cut short is asked for once more: secures the slot anew, which may be gone by now. Returns what begin_capture() does. No row: it is done.';


--
-- Name: resume_waitlist(integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.resume_waitlist(p_patient integer, p_entry integer) RETURNS SETOF public.api_waitlist_entry
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'waiting')
$$;


--
-- Name: FUNCTION resume_waitlist(p_patient integer, p_entry integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.resume_waitlist(p_patient integer, p_entry integer) IS 'Ends the pause of a patient''s (account id) waitlist entry; no row if it is not theirs.';


--
-- Name: retake_slot(public.payment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.retake_slot(pay public.payment) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    new_id integer;
BEGIN
    -- a lapsed hold's place is the waitlist's first
    PERFORM serve_waitlist(doctor_id) FROM appointment WHERE id = pay.appointment_id AND has_waitlist(doctor_id);
    PERFORM act_as('payment');
    -- before the hold is retired: its patient, who is booking elsewhere, would wait for that, and we for them
    UPDATE patient SET booking_seq = booking_seq + 1
    WHERE account_id = (SELECT patient_id FROM appointment WHERE id = pay.appointment_id);
    PERFORM retire_appointments(doctor_id, patient_id, clock_timestamp()) FROM appointment WHERE id = pay.appointment_id;
    INSERT INTO appointment (doctor_id, patient_id, during)
    SELECT doctor_id, patient_id, during FROM appointment WHERE id = pay.appointment_id AND status = 'expired'
    RETURNING id INTO new_id;
    UPDATE payment SET appointment_id = new_id WHERE id = pay.id;
    PERFORM act_as('');
    RETURN new_id;
END
$$;


--
-- Name: FUNCTION retake_slot(pay public.payment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.retake_slot(pay public.payment) IS 'Books a payment''s slot again after its hold has lapsed, has the payment pay for that, and returns its id. Raises the rule that is in the way.';


--
-- Name: retire_appointments(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.retire_appointments(p_doctor integer, p_patient integer, at_ timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    actor text := current_setting('booking.actor', true);
BEGIN
    PERFORM act_as('system'); -- not whoever happens to book just now
    UPDATE appointment SET status = appointment_status(status, hold_expires_at, upper(during), at_)
    WHERE id IN (
        SELECT id FROM appointment
        WHERE (doctor_id = p_doctor OR patient_id = p_patient)
            AND status IN ('offered', 'pending', 'confirmed')
            AND NOT appointment_is_active(status, hold_expires_at, upper(during), at_)
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED -- whoever holds one is retiring it
    );
    PERFORM act_as(coalesce(actor, ''));
END
$$;


--
-- Name: FUNCTION retire_appointments(p_doctor integer, p_patient integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.retire_appointments(p_doctor integer, p_patient integer, at_ timestamp with time zone) IS 'Writes down which active rows of a doctor, or of a patient, have lapsed or are over at an instant.';


--
-- Name: revoke_sessions(integer, uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.revoke_sessions(p_account integer, p_family uuid) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE account SET generation = generation + 1 WHERE id = p_account;
    UPDATE refresh_token SET revoked_at = clock_timestamp()
    WHERE account_id = p_account AND (p_family IS NULL OR family = p_family) AND revoked_at IS NULL;
$$;


--
-- Name: FUNCTION revoke_sessions(p_account integer, p_family uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.revoke_sessions(p_account integer, p_family uuid) IS 'Ends a family of refresh tokens of an account, or with NULL all of them, and revokes all its access tokens: whoever is still logged in exchanges a refresh token for new ones.';


--
-- Name: rotate_refresh_token(bytea, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.rotate_refresh_token(p_old bytea, p_new bytea) RETURNS TABLE(account_id integer, role text, generation integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    t refresh_token;
BEGIN
    -- the account first, as everywhere, so that two writers never wait for each other
    PERFORM FROM account AS a INNER JOIN refresh_token AS r ON r.account_id = a.id WHERE r.token_hash = p_old FOR NO KEY UPDATE OF a;
    SELECT * INTO t FROM refresh_token AS r WHERE r.token_hash = p_old;
    IF NOT FOUND OR t.revoked_at IS NOT NULL OR t.expires_at <= clock_timestamp() THEN
        RETURN;
    END IF;
    IF t.used_at IS NOT NULL THEN
        PERFORM revoke_sessions(t.account_id, t.family);
        RETURN;
    END IF;
    UPDATE refresh_token AS r SET used_at = clock_timestamp() WHERE r.token_hash = p_old;
    INSERT INTO refresh_token (token_hash, account_id, family, expires_at)
    VALUES (p_new, t.account_id, t.family, clock_timestamp() + interval '336 hours');
    RETURN QUERY SELECT a.id, a.role, a.generation FROM account AS a WHERE a.id = t.account_id AND a.status = 'active';
END
$$;


--
-- Name: FUNCTION rotate_refresh_token(p_old bytea, p_new bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.rotate_refresh_token(p_old bytea, p_new bytea) IS 'Exchanges a refresh token (SHA-256) for the next and returns whose it is; no row if it is not good any more. A second use ends the whole family and revokes the account''s access tokens.';


--
-- Name: rules_with_people(integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.rules_with_people(p_doctor integer, p_patient integer, p_start timestamp with time zone) RETURNS TABLE(rule text, ok boolean, why text)
    LANGUAGE sql STABLE
    AS $$
    SELECT r.rule, r.why IS NULL, r.why
    FROM (
        VALUES
        ('appointment_doctor_id_fkey', no_doctor(p_doctor)),
        ('appointment_patient_id_fkey', coalesce(no_patient(p_patient), barred_patient(p_patient, true)))
    ) AS r (rule, why)
    UNION ALL
    SELECT r.rule, r.why IS NULL, r.why FROM booking_rules(p_patient, p_doctor, p_start, NULL) AS r
    UNION ALL
    SELECT r.rule, NULL, 'Without a doctor there is nothing to look at.'
    FROM slot_rules(NULL, NULL, NULL, NULL, NULL, NULL) AS r
    WHERE no_doctor(p_doctor) IS NOT NULL
$$;


--
-- Name: FUNCTION rules_with_people(p_doctor integer, p_patient integer, p_start timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.rules_with_people(p_doctor integer, p_patient integer, p_start timestamp with time zone) IS 'What booking_rules() says of a booking, and whether there are such people.';


--
-- Name: schedule_notification(text, public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.schedule_notification(p_kind text, a public.appointment, p_due timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO coming_mail (appointment_id, kind, appointment_version, due_at) VALUES (a.id, p_kind, a.version, p_due)
$$;


--
-- Name: FUNCTION schedule_notification(p_kind text, a public.appointment, p_due timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.schedule_notification(p_kind text, a public.appointment, p_due timestamp with time zone) IS 'Plans one mail to an appointment''s patient.';


--
-- Name: schedule_notifications(public.appointment, public.appointment); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.schedule_notifications(was public.appointment, a public.appointment) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
BEGIN
    IF a.version IS NOT DISTINCT FROM was.version THEN
        RETURN;
    END IF;
    -- what was planned was about an older version
    DELETE FROM coming_mail WHERE appointment_id = a.id;
    IF a.status = 'pending' THEN
        -- in a minute: whoever pays at once hears of the confirmation only
        PERFORM schedule_notification('appointment_held', a, at_ + interval '1 min') WHERE was.status IS DISTINCT FROM 'pending';
        PERFORM schedule_notification('hold_lapsing', a, a.hold_expires_at - (a.hold_expires_at - at_) / 3);
    ELSIF a.status = 'confirmed' THEN
        PERFORM schedule_notification('appointment_reminder', a, lower(a.during) - p.reminder_lead)
        FROM policy AS p
        WHERE lower(a.during) - p.reminder_lead > at_; -- else they have just been told
    END IF;
END
$$;


--
-- Name: FUNCTION schedule_notifications(was public.appointment, a public.appointment); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.schedule_notifications(was public.appointment, a public.appointment) IS 'Plans what a patient is to be told later of an appointment as it is now, in place of what was planned: until when it is held, that a third of that time is left, and that the visit is near.';


--
-- Name: scheduled_notification_stale(text, public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.scheduled_notification_stale(p_kind text, a public.appointment, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN p_kind = 'appointment_reminder' AND lower(a.during) <= at_ THEN 'the appointment has begun'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND a.hold_expires_at <= at_ THEN 'the hold has lapsed'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'the payment is being made'
    END
$$;


--
-- Name: FUNCTION scheduled_notification_stale(p_kind text, a public.appointment, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.scheduled_notification_stale(p_kind text, a public.appointment, at_ timestamp with time zone) IS 'Why what was planned to be said of an appointment need not be said at an instant, although it has not changed; NULL: it is to be said.';


--
-- Name: search_free_slots(text, timestamp with time zone, timestamp with time zone, integer, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.search_free_slots(p_specialty text, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_after timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, p_after_doctor integer DEFAULT 0) RETURNS TABLE(doctor integer, starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    at_ timestamptz := now();
    from_ timestamptz := greatest(p_from, p_after, at_);
    to_ timestamptz := least(p_to, at_ + interval '361 hours');
    until_ timestamptz;
    bookable doctors_with_same_grid[] := doctors_below_cap(p_specialty, at_);
    missing integer := p_limit;
    looked_at integer[] := ARRAY[]::integer[];
    kept tstzrange[] := ARRAY[]::tstzrange[]; -- for the waitlists of those looked at,
    kept_by integer[] := ARRAY[]::integer[]; -- each by this doctor
    theirs tstzrange[];
BEGIN
    IF cardinality(bookable) = 0 THEN
        RETURN;
    END IF;
    WHILE missing > 0 AND from_ < to_ LOOP
        until_ := least(from_ + interval '24 hours', to_);
        FOR doctor, starts_at, ends_at IN
        SELECT c.doctor, c.starts_at, c.ends_at
        FROM (
            SELECT u.doctor, s.starts_at, s.ends_at
            FROM (
                SELECT h.doctors, s.starts_at, s.ends_at
                FROM shared_hours(bookable, from_) AS h
                CROSS JOIN LATERAL working_interval(h.start_minute, h.end_minute, h.zone, h.day) AS i
                CROSS JOIN LATERAL interval_slots(i, h.zone, h.slot_minutes, h.buffer_minutes, from_, until_) AS s
                ORDER BY s.starts_at
            ) AS s
            CROSS JOIN LATERAL unnest(s.doctors) AS u (doctor)
            ORDER BY s.starts_at, u.doctor
            OFFSET 0 -- keeps the costly look below out of the sort: it stops when there are enough
        ) AS c
        WHERE (c.starts_at, c.doctor) > (p_after, p_after_doctor)
            AND appointment_booking_window(c.starts_at, at_) IS NULL
            AND NOT is_taken(c.doctor, tstzrange(c.starts_at, c.ends_at), at_)
        ORDER BY c.starts_at, c.doctor
        LOOP
            IF doctor <> ALL (looked_at) THEN -- a look at a waitlist costs more than all of a doctor's slots
                theirs := reserved_times(doctor, at_);
                looked_at := looked_at || doctor;
                kept := kept || theirs;
                kept_by := kept_by || array_fill(doctor, ARRAY[cardinality(theirs)]);
            END IF;
            CONTINUE WHEN EXISTS (
                SELECT FROM unnest(kept, kept_by) AS k (slot, by_)
                WHERE k.by_ = doctor AND k.slot && tstzrange(starts_at, ends_at)
            );
            RETURN NEXT;
            missing := missing - 1;
            EXIT WHEN missing = 0;
        END LOOP;
        from_ := until_;
    END LOOP;
END
$$;


--
-- Name: FUNCTION search_free_slots(p_specialty text, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_after timestamp with time zone, p_after_doctor integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.search_free_slots(p_specialty text, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_after timestamp with time zone, p_after_doctor integer) IS 'The earliest free slots that start in [from, to) of all doctors, or of a specialty in any case, up to a number; behind a start and doctor, if given.';


--
-- Name: serve_waitlist(integer, tstzrange); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.serve_waitlist(p_doctor integer, p_freed tstzrange DEFAULT NULL::tstzrange) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
    at_ timestamptz := clock_timestamp();
    actor text := current_setting('booking.actor', true);
BEGIN
    PERFORM act_as('system');
    PERFORM end_offers(d, at_);
    PERFORM withdraw_slots(d, at_);
    FOR look IN 1..3 LOOP -- what is not settled by then is left to the sweep
        EXIT WHEN NOT make_planned_offers(d, p_freed, at_);
    END LOOP;
    PERFORM act_as(coalesce(actor, ''));
END
$$;


--
-- Name: FUNCTION serve_waitlist(p_doctor integer, p_freed tstzrange); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.serve_waitlist(p_doctor integer, p_freed tstzrange) IS 'Brings a doctor''s offers up to date: ends those whose time is over, withdraws slots that are no more, offers what is free. Safe at any time, any number of times.';


--
-- Name: serve_waitlist_once(integer, tstzrange); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.serve_waitlist_once(p_doctor integer, p_freed tstzrange) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    seq text := (SELECT format('%s of %s', booking_seq, p_doctor) FROM doctor WHERE account_id = p_doctor);
BEGIN
    IF seq = current_setting('booking.served', true) THEN
        RETURN; -- another row of the same act has seen to all of it
    END IF;
    PERFORM serve_waitlist(p_doctor, p_freed);
    PERFORM set_config('booking.served', format('%s of %s', booking_seq, p_doctor), true)
    FROM doctor WHERE account_id = p_doctor;
END
$$;


--
-- Name: FUNCTION serve_waitlist_once(p_doctor integer, p_freed tstzrange); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.serve_waitlist_once(p_doctor integer, p_freed tstzrange) IS 'Serves a doctor''s waitlist unless that has been done since the transaction''s last change of the doctor''s schedule.';


--
-- Name: set_password(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_password(p_account integer, p_new_hash text) RETURNS void
    LANGUAGE sql
    AS $$
    -- an address that is not proven yet may be that of whoever has to be kept out
    UPDATE account SET password_hash = p_new_hash, pending_email = NULL WHERE id = p_account;
    SELECT revoke_sessions(p_account, NULL);
    -- first, so that no worker makes another code
    UPDATE notification SET status = 'skipped', outcome = 'the password has been changed since'
    WHERE account_id = p_account AND kind = 'password_reset' AND status = 'queued';
    DELETE FROM account_token WHERE account_id = p_account AND purpose = 'password_reset';
    INSERT INTO notification (kind, account_id) VALUES ('password_changed', p_account);
$$;


--
-- Name: FUNCTION set_password(p_account integer, p_new_hash text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.set_password(p_account integer, p_new_hash text) IS 'Replaces a password hash, ends all logins, mailed codes and a change of address under way, and tells the account''s owner. The account must be locked.';


--
-- Name: settle_affected(integer[], text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.settle_affected(p_affected integer[], p_reason text, p_cancel boolean) RETURNS SETOF public.api_appointment
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_cancel THEN
        PERFORM cancel_chosen('doctor', p_affected, p_reason, false);
    END IF;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (p_affected) ORDER BY appointment_date, id;
END
$$;


--
-- Name: FUNCTION settle_affected(p_affected integer[], p_reason text, p_cancel boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.settle_affected(p_affected integer[], p_reason text, p_cancel boolean) IS 'Cancels what a change of the schedule affects if so told, and returns it.';


--
-- Name: settle_capture(public.payment, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.settle_capture(pay public.payment, p_capture text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    BEGIN
        UPDATE payment SET status = 'captured', capture_id = p_capture, attention = NULL WHERE id = pay.id;
        PERFORM confirm_paid(pay);
    EXCEPTION WHEN check_violation OR exclusion_violation OR unique_violation THEN
        -- the slot is gone, or paid for already: the money goes back
        UPDATE payment SET status = 'captured', capture_id = p_capture, without_slot = true, attention = NULL
        WHERE id = pay.id;
        PERFORM request_refund(pay.id, 'slot_lost');
        INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
        SELECT 'refund_requested', patient_id, id, version, pay.id FROM appointment WHERE id = pay.appointment_id
        ON CONFLICT DO NOTHING;
    END;
END
$$;


--
-- Name: FUNCTION settle_capture(pay public.payment, p_capture text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.settle_capture(pay public.payment, p_capture text) IS 'Money was taken: confirms the appointment, or else has all of it paid back and says so.';


--
-- Name: shared_hours(public.doctors_with_same_grid[], timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.shared_hours(p_doctors public.doctors_with_same_grid[], p_from timestamp with time zone) RETURNS TABLE(zone text, day date, start_minute integer, end_minute integer, slot_minutes integer, buffer_minutes integer, doctors integer[])
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
BEGIN
    RETURN QUERY
    SELECT d.zone, z.day, w.start_minute::integer, w.end_minute::integer, d.slot_minutes, d.buffer_minutes, w.doctors
    FROM unnest(p_doctors) AS d
    CROSS JOIN LATERAL (
        SELECT (p_from AT TIME ZONE d.zone)::date + ahead.n AS day
        FROM (VALUES (0), (1), (2)) AS ahead (n) -- 24 hours from 23:30 on reach into the day after next if clocks go forward
        WHERE (p_from AT TIME ZONE d.zone)::date + ahead.n <= ((p_from + interval '24 hours') AT TIME ZONE d.zone)::date
    ) AS z
    CROSS JOIN LATERAL (
        SELECT h.start_minute, h.end_minute, array_agg(h.doctor_id) AS doctors
        FROM working_hours AS h
        WHERE h.weekday = extract(isodow FROM z.day)::smallint AND h.doctor_id = ANY (d.doctors)
        GROUP BY h.start_minute, h.end_minute
    ) AS w;
END
$$;


--
-- Name: FUNCTION shared_hours(p_doctors public.doctors_with_same_grid[], p_from timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.shared_hours(p_doctors public.doctors_with_same_grid[], p_from timestamp with time zone) IS 'The intervals of working hours on the days that the 24 hours from an instant on touch, each with those of the doctors who share it and its steps.';


--
-- Name: slot_fits(public.working_span, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.slot_fits(i public.working_span, zone text, starts_at timestamp with time zone, ends_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT starts_at >= i.starts_at AND ends_at <= i.ends_at
        -- what a change of clocks pushed out of the interval is not worked;
        -- the last millisecond, because the end itself may already read as the next hour
        AND starts_at AT TIME ZONE zone >= i.local_start
        AND (ends_at - interval '1 ms') AT TIME ZONE zone < i.local_end
$$;


--
-- Name: FUNCTION slot_fits(i public.working_span, zone text, starts_at timestamp with time zone, ends_at timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.slot_fits(i public.working_span, zone text, starts_at timestamp with time zone, ends_at timestamp with time zone) IS 'Whether a slot lies within an interval of working hours, by the instants and by the doctor''s clock.';


--
-- Name: slot_is_due(public.appointment, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.slot_is_due(a public.appointment, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT lower(a.during) - offer_min_notice <= at_ OR NOT EXISTS (
        SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent')
    ) OR EXISTS (
        SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent') AND o.due_at <= at_
    )
    FROM policy
$$;


--
-- Name: FUNCTION slot_is_due(a public.appointment, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.slot_is_due(a public.appointment, at_ timestamp with time zone) IS 'Whether a slot on offer is to be looked at: it starts too soon, nobody is offered it, or an offer of it is due.';


--
-- Name: slot_matches_entry(public.waitlist_entry, public.doctor, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.slot_matches_entry(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN matches_preferences(w, d, slot, at_)
            THEN NOT was_offered(w, slot) AND patient_is_free(w.patient_id, slot, at_)
        ELSE false
    END
$$;


--
-- Name: FUNCTION slot_matches_entry(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.slot_matches_entry(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone) IS 'Whether a slot of a doctor can be offered to a waitlist entry at an instant.';


--
-- Name: slot_on_offer(public.waitlist_entry, public.doctor, integer[], timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.slot_on_offer(w public.waitlist_entry, d public.doctor, given integer[], at_ timestamp with time zone) RETURNS SETOF public.appointment
    LANGUAGE sql STABLE
    AS $$
    SELECT a.* FROM appointment AS a
    LEFT JOIN offer AS o ON o.appointment_id = a.id AND o.waitlist_entry_id = w.id
        AND o.status IN ('queued', 'sent') AND o.expires_at > at_
    WHERE a.doctor_id = d.account_id AND a.status = 'offered' AND a.id <> ALL (given)
        AND CASE WHEN o.id IS NULL THEN slot_matches_entry(w, d, a.during, at_) ELSE true END
    ORDER BY o.id NULLS LAST, a.id
    LIMIT 1
$$;


--
-- Name: FUNCTION slot_on_offer(w public.waitlist_entry, d public.doctor, given integer[], at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.slot_on_offer(w public.waitlist_entry, d public.doctor, given integer[], at_ timestamp with time zone) IS 'The slot on offer, not given to others, that is offered to an entry, or else the first that suits it.';


--
-- Name: slot_rules(public.appointment, public.doctor, public.policy, timestamp with time zone, public.other_appointments, public.other_appointments); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.slot_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments) RETURNS TABLE(rule text, why text)
    LANGUAGE sql STABLE
    AS $$
    VALUES
    -- what a doctor has promised already may still be moved
    ('appointment_doctor_verified', CASE WHEN a.seat IS NULL THEN appointment_doctor_verified(d, p) END),
    ('appointment_booking_window', appointment_booking_window(lower(a.during), at_)),
    ('appointment_within_working_hours', appointment_within_working_hours(d, a.during)),
    ('appointment_doctor_no_overlap', appointment_doctor_no_overlap(of_doctor.clash)),
    ('appointment_patient_no_overlap', appointment_patient_no_overlap(of_patient.clash)),
    (
        'appointment_patient_hold_limit',
        -- a hold that is moved is no further hold
        CASE WHEN a.status = 'pending' AND a.hold_expires_at IS NULL
            THEN appointment_patient_hold_limit(of_patient.holds, p) END
    ),
    ('appointment_doctor_cap', CASE WHEN a.seat IS NULL THEN appointment_doctor_cap(of_doctor.active, d) END)
$$;


--
-- Name: FUNCTION slot_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.slot_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments) IS 'Every rule of taking a slot, and why an appointment would break it by taking its place at an instant; NULL: it would not.';


--
-- Name: slots_hint(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.slots_hint(p_appointment integer, p_start timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(
        'Free slots near it: ' || (
            SELECT string_agg(s.starts_at::text, ', ' ORDER BY s.starts_at)
            FROM nearest_free_slots(a.patient_id, a.doctor_id, p_start, a.id, 3) AS s
        ) || '.',
        format('SELECT * FROM admin.day_sheet WHERE appointment = %s; shows how it stands.', a.id)
    )
    FROM appointment AS a WHERE a.id = p_appointment
$$;


--
-- Name: FUNCTION slots_hint(p_appointment integer, p_start timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.slots_hint(p_appointment integer, p_start timestamp with time zone) IS 'To which slots near an instant an appointment could be moved, in the session''s time zone; if to none, where to look.';


--
-- Name: slots_to_offer(public.doctor, tstzrange, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.slots_to_offer(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) RETURNS tstzrange[]
    LANGUAGE sql STABLE
    AS $$
    SELECT array_agg(slot ORDER BY coalesce(p_freed @> slot, false) OR slot = ANY (given_up) DESC, slot)
    FROM (SELECT given_up_slots(d.account_id, at_) AS given_up OFFSET 0) AS g
    CROSS JOIN LATERAL untaken_slots(d, at_, 'infinity', at_) AS u
    CROSS JOIN LATERAL (SELECT tstzrange(u.starts_at, u.ends_at) AS slot) AS s
$$;


--
-- Name: FUNCTION slots_to_offer(d public.doctor, p_freed tstzrange, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.slots_to_offer(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) IS 'A doctor''s slots that nobody has at an instant: those that have just come free, then the others, each in order of time.';


--
-- Name: start_session(integer, text, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.start_session(p_account integer, p_password_hash text, p_token_hash bytea) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    -- the password may have been changed while it was being verified
    WITH a AS (
        SELECT id, generation FROM account
        WHERE id = p_account AND password_hash = p_password_hash AND status = 'active'
        FOR NO KEY UPDATE
    ), t AS (
        INSERT INTO refresh_token (token_hash, account_id, family, expires_at)
        SELECT p_token_hash, id, gen_random_uuid(), clock_timestamp() + interval '336 hours' FROM a
    )
    SELECT generation FROM a
$$;


--
-- Name: FUNCTION start_session(p_account integer, p_password_hash text, p_token_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.start_session(p_account integer, p_password_hash text, p_token_hash bytea) IS 'Starts a login with a first refresh token (SHA-256), good for 14 days; returns the account''s generation, NULL if the password is that no more.';


--
-- Name: stranded_appointments(public.doctor, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.stranded_appointments(d public.doctor, at_ timestamp with time zone) RETURNS SETOF public.appointment
    LANGUAGE sql STABLE
    AS $$
    SELECT a.* FROM held_appointments(d.account_id, at_) AS a
    WHERE NOT EXISTS (
        SELECT FROM working_hours AS w,
            working_interval(w.start_minute, w.end_minute, d.timezone, (lower(a.during) AT TIME ZONE d.timezone)::date) AS i
        WHERE w.doctor_id = d.account_id
            AND w.weekday = extract(isodow FROM lower(a.during) AT TIME ZONE d.timezone)
            -- within the hours; on the grid it need not be, for it may outlive a change of slot length
            AND slot_fits(i, d.timezone, lower(a.during), upper(a.during))
    )
$$;


--
-- Name: FUNCTION stranded_appointments(d public.doctor, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.stranded_appointments(d public.doctor, at_ timestamp with time zone) IS 'A doctor''s future appointments at whose time the doctor does not work.';


--
-- Name: supersede_other_offers(public.offer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.supersede_other_offers(o public.offer) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE offer SET status = 'superseded'
    WHERE appointment_id = o.appointment_id AND id <> o.id AND status IN ('queued', 'sent');
    -- they may be in line for another slot
    SELECT serve_waitlist(doctor_id) FROM appointment WHERE id = o.appointment_id AND has_waitlist(doctor_id);
$$;


--
-- Name: FUNCTION supersede_other_offers(o public.offer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.supersede_other_offers(o public.offer) IS 'Ends the other offers of a slot that is claimed, and sees to those who had them.';


--
-- Name: sweep_doctor(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sweep_doctor(p_doctor integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    d doctor;
BEGIN
    -- a doctor whom somebody is booking at this moment is left to the next sweep, rather than waited for
    PERFORM FROM doctor WHERE account_id = p_doctor FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM act_as('system');
    d := lock_doctor(p_doctor);
    PERFORM retire_appointments(p_doctor, NULL, clock_timestamp());
    WITH ended AS (
        UPDATE waitlist_entry SET status = 'lapsed'
        WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered', 'paused')
            AND desired_date < (clock_timestamp() AT TIME ZONE d.timezone)::date
        RETURNING id, patient_id
    )
    INSERT INTO notification (kind, account_id, waitlist_entry_id, snapshot)
    SELECT 'waiting_lapsed', patient_id, id, jsonb_build_object('doctor', d.full_name) FROM ended ORDER BY id;
    PERFORM serve_waitlist(p_doctor);
    PERFORM act_as('');
END
$$;


--
-- Name: FUNCTION sweep_doctor(p_doctor integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.sweep_doctor(p_doctor integer) IS 'Retires a doctor''s lapsed holds and finished visits, ends waiting for days gone by and brings offers up to date; nothing if the doctor is locked. Safe at any time, any number of times.';


--
-- Name: sweep_receipts(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sweep_receipts() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM receipt WHERE created_at <= clock_timestamp() - receipt_lifetime()
$$;


--
-- Name: FUNCTION sweep_receipts(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.sweep_receipts() IS 'Forgets receipts that are good no more.';


--
-- Name: sweep_refresh_tokens(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.sweep_refresh_tokens() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    DELETE FROM refresh_token WHERE expires_at < clock_timestamp()
$$;


--
-- Name: FUNCTION sweep_refresh_tokens(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.sweep_refresh_tokens() IS 'Forgets refresh tokens that nobody could use any more.';


--
-- Name: tg_any__actor(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_any__actor() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        PERFORM set_config('booking.actor', '', true);
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_any__actor(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_any__actor() IS 'Forgets whom somebody claims to act for who writes by no function.';


--
-- Name: tg_any__history(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_any__history() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    was jsonb;
    becomes jsonb := history_of(NEW);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := history_of(OLD);
        IF was = becomes THEN
            RETURN NULL; -- nothing that history keeps
        END IF;
    END IF;
    PERFORM record_change(TG_TABLE_NAME, NEW.id::integer, was, becomes);
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_any__history(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_any__history() IS 'Records what a row is from now on, and what it was, as far as that changed.';


--
-- Name: tg_appointment__outbox(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_appointment__outbox() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    is_active boolean := NEW.seat IS NOT NULL;
BEGIN
    IF booking_actor() = 'purge' THEN
        RETURN NULL; -- of which nobody need hear
    END IF;
    IF NEW.status = 'confirmed' AND (TG_OP = 'INSERT' OR OLD.status <> 'confirmed') THEN
        PERFORM notify_account('appointment_confirmed', NEW, NEW.patient_id);
        PERFORM notify_account('appointment_confirmed', NEW, NEW.doctor_id);
    ELSIF NEW.status = 'canceled' THEN
        PERFORM cancel_payments(NEW.id);
        PERFORM notify_account('appointment_canceled', NEW, NEW.patient_id);
        -- an unpaid hold was never announced to the doctor, and a doctor knows of their own cancellation
        IF OLD.status = 'confirmed' AND NEW.canceled_by <> 'doctor' THEN
            PERFORM notify_account('appointment_canceled', NEW, NEW.doctor_id);
        END IF;
    ELSIF TG_OP = 'UPDATE' AND is_active AND NEW.during <> OLD.during THEN
        PERFORM notify_account('appointment_rescheduled', NEW, NEW.patient_id, last_notified_time(NEW, NEW.patient_id, OLD.during));
        IF NEW.status = 'confirmed' AND booking_actor() <> 'doctor' THEN
            PERFORM notify_account('appointment_rescheduled', NEW, NEW.doctor_id, last_notified_time(NEW, NEW.doctor_id, OLD.during));
        END IF;
    END IF;
    PERFORM schedule_notifications(CASE WHEN TG_OP = 'UPDATE' THEN OLD END, NEW);
    IF TG_OP = 'UPDATE' AND booking_actor() IN ('doctor', 'admin') AND NEW.status <> 'completed' THEN
        -- a patient may be on the way: tell them in seconds, not at the next sweep
        PERFORM pg_notify('booking_outbox', '');
    END IF;
    -- a claim answers its patient's waiting only once it is paid for
    IF TG_OP = 'INSERT' OR NEW.status = 'confirmed' AND OLD.status <> 'confirmed' AND was_claimed(NEW.id) THEN
        PERFORM fulfil_waitlist(NEW);
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_appointment__outbox(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_appointment__outbox() IS 'Queues the mails that a booking, a confirmation, a move or a cancellation calls for, and ends waiting that a booking answers.';


--
-- Name: tg_appointment__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_appointment__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    d doctor;
    p policy;
    at_ timestamptz;
    moves boolean := TG_OP = 'INSERT';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF booking_actor() = 'purge' THEN
            -- takes away what somebody said, and nothing else
            OLD.cancel_reason := NULL;
            RETURN OLD;
        END IF;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            -- an ended row refuses even to be written as it is: a second cancel is told apart from the first,
            -- and a move to where it is already from one that comes too late
            PERFORM refuse(
                'appointment_status_transition',
                appointment_status_transition(OLD.status, NEW.status, OLD.hold_expires_at, OLD.during, clock_timestamp())
            );
            RETURN NEW;
        END IF;
        PERFORM refuse('appointment_immutable', appointment_immutable(OLD, NEW, booking_actor()));
        moves := NEW.during <> OLD.during OR NEW.patient_id IS DISTINCT FROM OLD.patient_id;
    END IF;
    -- retiring a row only ever frees a place, so it need not wait for the doctor (a patient's booking elsewhere may do it)
    IF moves OR NEW.status NOT IN ('expired', 'completed', 'no_show', 'released') THEN
        d := lock_doctor(NEW.doctor_id);
    END IF;
    at_ := clock_timestamp();
    SELECT * INTO p FROM policy;

    IF TG_OP = 'INSERT' THEN
        NEW := new_appointment(NEW, d, at_);
        PERFORM refuse(
            'appointment_status_transition',
            appointment_status_transition(NULL, NEW.status, NULL, NEW.during, at_)
        );
    ELSE
        PERFORM refuse(
            'appointment_status_transition',
            appointment_status_transition(OLD.status, NEW.status, OLD.hold_expires_at, OLD.during, at_)
        );
        NEW := changed_appointment(OLD, NEW, at_);
    END IF;
    IF moves THEN
        NEW := place_appointment(NEW, d, p, at_);
        IF NEW.status = 'pending' AND NEW.hold_expires_at IS NULL THEN
            NEW.hold_expires_at := least(at_ + make_interval(mins => p.hold_minutes), lower(NEW.during));
        END IF;
    END IF;
    PERFORM refuse('appointment_confirmed_is_paid', appointment_confirmed_is_paid(NEW));
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION tg_appointment__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_appointment__rules() IS 'Applies every rule of an appointment that a constraint cannot declare, and sets the columns that nobody else may.';


--
-- Name: tg_appointment__waitlist(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_appointment__waitlist() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF has_waitlist(NEW.doctor_id) THEN
        PERFORM serve_waitlist_once(NEW.doctor_id, OLD.during);
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_appointment__waitlist(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_appointment__waitlist() IS 'Serves the waitlist of a doctor whose appointment was canceled or moved.';


--
-- Name: tg_doctor__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_doctor__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION tg_doctor__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_doctor__rules() IS 'Fills in and checks what a doctor charges.';


--
-- Name: tg_offer__entry(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_offer__entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NEW.status = 'queued' THEN
        UPDATE waitlist_entry SET status = 'offered' WHERE id = NEW.waitlist_entry_id AND status = 'waiting';
        PERFORM notify_of_offer('slot_offered', NEW);
        -- seconds matter: whoever is first has it
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


--
-- Name: FUNCTION tg_offer__entry(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_offer__entry() IS 'Keeps the entry''s status in step with its offer, and tells the patient of an offer, and of the end of one that they have heard of.';


--
-- Name: tg_offer__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_offer__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM refuse('offer_immutable', offer_immutable(OLD, NEW));
    IF NEW.status <> OLD.status OR OLD.status NOT IN ('queued', 'sent') THEN
        PERFORM refuse('offer_status_transition', offer_status_transition(OLD.status, NEW.status));
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION tg_offer__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_offer__rules() IS 'Applies every rule of an offer that a constraint cannot declare.';


--
-- Name: tg_payment__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_payment__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
    a appointment;
BEGIN
    PERFORM refuse(
        'payment_status_transition',
        payment_status_transition(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status)
    );
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('payment_immutable', payment_immutable(OLD, NEW, pg_trigger_depth() = 1));
    END IF;
    SELECT * INTO a FROM appointment WHERE id = NEW.appointment_id;
    IF TG_OP = 'INSERT' OR NEW.appointment_id <> OLD.appointment_id THEN
        PERFORM refuse('payment_amount_matches_fee', payment_amount_matches_fee(a, NEW.amount, NEW.currency));
    END IF;
    IF TG_OP = 'INSERT' OR NEW.status = 'capturing' AND OLD.status <> 'capturing' THEN
        PERFORM refuse('payment_appointment_payable', payment_appointment_payable(a, at_));
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := at_;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
        NEW.updated_at := at_;
        NEW.due_at := next_look(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status, NEW.due_at, at_);
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION tg_payment__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_payment__rules() IS 'Applies every rule of a payment that a constraint cannot declare, and sets the columns that nobody else may.';


--
-- Name: tg_refund__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_refund__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    was numeric := CASE WHEN TG_OP = 'UPDATE' AND OLD.status <> 'failed' THEN OLD.amount ELSE 0 END;
    becomes numeric := CASE WHEN NEW.status <> 'failed' THEN NEW.amount ELSE 0 END;
BEGIN
    PERFORM refuse(
        'refund_status_transition',
        refund_status_transition(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status)
    );
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('refund_immutable', refund_immutable(OLD, NEW));
    END IF;
    -- not if it stays as it is: a worker's claim would lock the refund before its payment
    IF was <> becomes THEN
        UPDATE payment SET refund_total = refund_total - was + becomes WHERE id = NEW.payment_id;
    END IF;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION tg_refund__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_refund__rules() IS 'Transition, what never changes, and the payment''s sum of refunds.';


--
-- Name: tg_refund__settle(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_refund__settle() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    back numeric := (SELECT sum(amount) FROM refund WHERE payment_id = NEW.payment_id AND status = 'completed');
BEGIN
    UPDATE payment SET status = CASE WHEN back = amount THEN 'refunded' ELSE 'partially_refunded' END
    WHERE id = NEW.payment_id;
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
    SELECT 'refund_completed', a.patient_id, a.id, a.version, p.id
    FROM payment AS p
    INNER JOIN appointment AS a ON p.appointment_id = a.id
    WHERE p.id = NEW.payment_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_refund__settle(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_refund__settle() IS 'Says on the payment how much went back, and tells the patient.';


--
-- Name: tg_schedule__waitlist(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_schedule__waitlist() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    p_doctor integer := coalesce(changed ->> 'doctor_id', changed ->> 'account_id')::integer;
    freed tstzrange := CASE TG_TABLE_NAME WHEN 'time_off' THEN (to_jsonb(OLD) ->> 'during')::tstzrange ELSE '(,)'::tstzrange END;
BEGIN
    IF TG_OP = 'DELETE' AND upper(freed) <= clock_timestamp() THEN
        RETURN NULL; -- what is over frees nothing
    END IF;
    IF EXISTS (SELECT FROM doctor WHERE account_id = p_doctor)
        AND (has_waitlist(p_doctor) OR EXISTS (SELECT FROM appointment WHERE doctor_id = p_doctor AND status = 'offered'))
    THEN
        PERFORM serve_waitlist_once(p_doctor, freed);
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_schedule__waitlist(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_schedule__waitlist() IS 'Offers what a change of a doctor''s schedule frees, and withdraws slots on offer that it takes away.';


--
-- Name: tg_time_off__lock(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_time_off__lock() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM lock_doctor(NEW.doctor_id);
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION tg_time_off__lock(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_time_off__lock() IS 'Takes the doctor''s lock before time off is entered.';


--
-- Name: tg_time_off__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_time_off__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    t time_off;
BEGIN
    SELECT * INTO t FROM time_off WHERE id = NEW.id; -- as the transaction leaves it, which may be not at all
    PERFORM refuse('time_off_no_appointment', time_off_no_appointment(t, clock_timestamp()));
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_time_off__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_time_off__rules() IS 'Applies time_off_no_appointment.';


--
-- Name: tg_waitlist_entry__offers(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_waitlist_entry__offers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE offer SET status = CASE NEW.status WHEN 'left' THEN 'declined' WHEN 'lapsed' THEN 'expired' ELSE 'superseded' END
    WHERE waitlist_entry_id = NEW.id AND status IN ('queued', 'sent');
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_waitlist_entry__offers(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_waitlist_entry__offers() IS 'Waiting that ends takes its offer along.';


--
-- Name: tg_waitlist_entry__outbox(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_waitlist_entry__outbox() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO notification (kind, account_id, waitlist_entry_id) VALUES ('waitlist_joined', NEW.patient_id, NEW.id);
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_waitlist_entry__outbox(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_waitlist_entry__outbox() IS 'Queues the mail to a patient who has begun to wait.';


--
-- Name: tg_waitlist_entry__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_waitlist_entry__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    d doctor;
    p policy;
    at_ timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('waitlist_entry_immutable', waitlist_entry_immutable(OLD, NEW));
        IF NEW.status <> OLD.status OR OLD.status NOT IN ('waiting', 'offered', 'paused') THEN
            PERFORM refuse('waitlist_entry_status_transition', waitlist_entry_status_transition(OLD.status, NEW.status));
        END IF;
        RETURN NEW;
    END IF;
    d := lock_doctor(NEW.doctor_id);
    -- as for a booking: whoever is erasing the patient at this moment is waited for
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = NEW.patient_id;
    PERFORM refuse('waitlist_entry_patient_id_fkey', barred_patient(NEW.patient_id, true));
    PERFORM refuse('waitlist_entry_doctor_id_fkey', CASE WHEN is_erased(NEW.doctor_id) THEN 'There is no such doctor any more.' END);
    at_ := clock_timestamp();
    NEW.created_at := at_;
    NEW.priority_class := CASE WHEN was_canceled_by_doctor(NEW, at_) THEN 1::smallint ELSE 2::smallint END;
    PERFORM refuse('waitlist_entry_status_transition', waitlist_entry_status_transition(NULL, NEW.status));
    SELECT * INTO p FROM policy;
    PERFORM refuse('appointment_doctor_verified', appointment_doctor_verified(d, p));
    PERFORM refuse('waitlist_desired_date_window', waitlist_desired_date_window(d, NEW.desired_date, at_));
    PERFORM refuse('waitlist_only_when_full', waitlist_only_when_full(d, NEW.desired_date, at_));
    RETURN NEW;
END
$$;


--
-- Name: FUNCTION tg_waitlist_entry__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_waitlist_entry__rules() IS 'Applies every rule of a waitlist entry that a constraint cannot declare.';


--
-- Name: tg_working_hours__lock(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_working_hours__lock() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    -- a doctor who is being deleted takes their hours along
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM doctor WHERE account_id = OLD.doctor_id) THEN
        RETURN OLD;
    END IF;
    PERFORM lock_doctor(CASE TG_OP WHEN 'DELETE' THEN OLD.doctor_id ELSE NEW.doctor_id END);
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;


--
-- Name: FUNCTION tg_working_hours__lock(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_working_hours__lock() IS 'Takes the doctor''s lock before hours change.';


--
-- Name: tg_working_hours__rules(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.tg_working_hours__rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    d doctor;
BEGIN
    SELECT * INTO d FROM doctor WHERE account_id = CASE TG_TABLE_NAME
        WHEN 'doctor' THEN (to_jsonb(NEW) ->> 'account_id')::integer
        ELSE (to_jsonb(OLD) ->> 'doctor_id')::integer
    END;
    PERFORM refuse('working_hours_cover_appointments', working_hours_cover_appointments(d, clock_timestamp()));
    RETURN NULL;
END
$$;


--
-- Name: FUNCTION tg_working_hours__rules(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.tg_working_hours__rules() IS 'Applies working_hours_cover_appointments.';


--
-- Name: time_off_no_appointment(public.time_off, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.time_off_no_appointment(t public.time_off, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT format('Appointments at that time: %s, the first at %s.', count(*), utc_text(min(lower(during))))
    FROM held_appointments(t.doctor_id, at_)
    WHERE during && t.during
    HAVING count(*) > 0
$$;


--
-- Name: FUNCTION time_off_no_appointment(t public.time_off, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.time_off_no_appointment(t public.time_off, at_ timestamp with time zone) IS 'Time off never covers an appointment that a patient holds. Why a time cannot be taken off, seen from an instant; NULL: it can.';


--
-- Name: too_late_to_give_up(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.too_late_to_give_up(p_appointment integer) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN status IN ('capturing', 'pending_review')
            THEN 'This payment is being taken: wait for its end, or cancel the appointment.'
        WHEN status = 'refunded' THEN 'This payment has been made, and refunded.'
        WHEN refund_total > 0 THEN 'This payment has been made, and its money is on the way back.'
        ELSE 'This payment has been made: to get the money back, cancel the appointment.'
    END
    FROM payment
    -- whichever payment it is that pays: an earlier one may have failed
    WHERE appointment_id = p_appointment AND status NOT IN ('created', 'approved', 'canceled', 'failed')
    LIMIT 1
$$;


--
-- Name: FUNCTION too_late_to_give_up(p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.too_late_to_give_up(p_appointment integer) IS 'Why an appointment''s hold can no longer be given up, as it is paid or about to be; NULL: it can.';


--
-- Name: untaken_slots(public.doctor, timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.untaken_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    SELECT g.starts_at, g.ends_at
    FROM grid_slots(d, greatest(p_from, at_), least(p_to, at_ + interval '361 hours')) AS g
    WHERE appointment_booking_window(g.starts_at, at_) IS NULL
        AND NOT is_taken(d.account_id, tstzrange(g.starts_at, g.ends_at), at_)
$$;


--
-- Name: FUNCTION untaken_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.untaken_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) IS 'The slots of a doctor inside the booking window that start in [from, to) and that nobody has at an instant, in no order.';


--
-- Name: upcoming_appointments(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.upcoming_appointments(p_patient integer) RETURNS SETOF public.appointment
    LANGUAGE sql STABLE
    AS $$
    SELECT * FROM appointment
    WHERE patient_id = p_patient AND status IN ('pending', 'confirmed') AND lower(during) > clock_timestamp()
        AND appointment_is_active(status, hold_expires_at, upper(during), clock_timestamp())
    ORDER BY id
$$;


--
-- Name: FUNCTION upcoming_appointments(p_patient integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.upcoming_appointments(p_patient integer) IS 'The appointments that a patient holds and that have not begun.';


--
-- Name: use_account_token(bytea, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.use_account_token(p_hash bytea, p_purpose text) RETURNS public.account
    LANGUAGE plpgsql
    AS $$
DECLARE
    a account;
BEGIN
    -- the account first, as everywhere; of two who come with one code, the second finds it gone
    SELECT * INTO a FROM account
    WHERE id = (SELECT account_id FROM account_token WHERE token_hash = p_hash)
    FOR NO KEY UPDATE;
    DELETE FROM account_token
    WHERE token_hash = p_hash AND purpose = p_purpose AND expires_at > clock_timestamp()
        AND a.status = 'active' AND email = mail_address(a, p_purpose);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM account_token WHERE account_id = a.id AND purpose = p_purpose;
    RETURN a;
END
$$;


--
-- Name: FUNCTION use_account_token(p_hash bytea, p_purpose text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.use_account_token(p_hash bytea, p_purpose text) IS 'Uses a mailed code (SHA-256) up, with all others for the same, and returns its account, locked; NULL if it is not good.';


--
-- Name: utc_text(timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.utc_text(instant timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;


--
-- Name: FUNCTION utc_text(instant timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.utc_text(instant timestamp with time zone) IS 'An instant as ISO 8601 in UTC, to the second.';


--
-- Name: verify_email(bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.verify_email(p_hash bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    a account := use_account_token(p_hash, 'email_verification');
BEGIN
    UPDATE account SET
        email = coalesce(pending_email, email),
        pending_email = NULL,
        email_verified_at = clock_timestamp()
    WHERE id = a.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- what was mailed to the address before opens nothing any more
    DELETE FROM account_token WHERE account_id = a.id;
    RETURN true;
END
$$;


--
-- Name: FUNCTION verify_email(p_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.verify_email(p_hash bytea) IS 'Takes a mailed code (SHA-256) for proof of the address it was mailed to, which is the account''s from then on; false if the code is not good.';


--
-- Name: waitlist_desired_date_window(public.doctor, date, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.waitlist_desired_date_window(d public.doctor, desired_date date, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN desired_date NOT BETWEEN first_day AND last_day
            THEN format('The desired date must be from %s to %s.', first_day, last_day)
    END
    FROM (
        SELECT
            (at_ AT TIME ZONE d.timezone)::date AS first_day,
            ((at_ + interval '360 hours') AT TIME ZONE d.timezone)::date AS last_day
    ) AS w
$$;


--
-- Name: FUNCTION waitlist_desired_date_window(d public.doctor, desired_date date, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.waitlist_desired_date_window(d public.doctor, desired_date date, at_ timestamp with time zone) IS 'One waits for a day of the next 15, or for any. Why a day cannot be waited for at an instant; NULL: it can, or no day is given.';


--
-- Name: waitlist_entry_immutable(public.waitlist_entry, public.waitlist_entry); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.waitlist_entry_immutable(was public.waitlist_entry, becomes public.waitlist_entry) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN (was.id, was.doctor_id, was.patient_id, was.priority_class, was.created_at)
            <> (becomes.id, becomes.doctor_id, becomes.patient_id, becomes.priority_class, becomes.created_at)
            OR was.desired_date IS DISTINCT FROM becomes.desired_date
            THEN 'Only the status and the preferences of a waitlist entry change. Leave, and join again.'
    END
$$;


--
-- Name: FUNCTION waitlist_entry_immutable(was public.waitlist_entry, becomes public.waitlist_entry); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.waitlist_entry_immutable(was public.waitlist_entry, becomes public.waitlist_entry) IS 'Doctor, patient, day and place in line of a waitlist entry never change. Why one row may not become the other; NULL: nothing that must stay has changed.';


--
-- Name: waitlist_entry_status_transition(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.waitlist_entry_status_transition(old_status text, new_status text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status = 'waiting' THEN NULL
        WHEN (old_status, new_status) IN (
            ('waiting', 'offered'), ('offered', 'waiting'), ('waiting', 'paused'), ('paused', 'waiting'),
            ('waiting', 'fulfilled'), ('offered', 'fulfilled'), ('paused', 'fulfilled'),
            ('waiting', 'left'), ('offered', 'left'), ('paused', 'left'),
            ('waiting', 'lapsed'), ('offered', 'lapsed'), ('paused', 'lapsed')
        ) THEN NULL
        WHEN old_status IS NULL THEN format('A waitlist entry cannot begin as %s.', new_status)
        ELSE format('A waitlist entry that is %s cannot become %s.', old_status, new_status)
    END
$$;


--
-- Name: FUNCTION waitlist_entry_status_transition(old_status text, new_status text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.waitlist_entry_status_transition(old_status text, new_status text) IS 'A waitlist entry changes only by the steps of its life, and never after it has ended. Why an entry (old status NULL: a new one) may not take a status; NULL: it may.';


--
-- Name: waitlist_is_due(integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.waitlist_is_due(p_doctor integer, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT FROM appointment AS a WHERE a.doctor_id = p_doctor AND a.status = 'offered' AND slot_is_due(a, at_)
    ) OR EXISTS (
        SELECT FROM waitlist_entry AS w
        WHERE w.doctor_id = p_doctor AND w.status = 'offered' AND NOT has_claim(w, at_)
            AND NOT EXISTS (SELECT FROM offer AS o WHERE o.waitlist_entry_id = w.id AND o.status IN ('queued', 'sent'))
    ) OR cardinality(reserved_slots(p_doctor, at_)) > 0
$$;


--
-- Name: FUNCTION waitlist_is_due(p_doctor integer, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.waitlist_is_due(p_doctor integer, at_ timestamp with time zone) IS 'Whether serve_waitlist() has something to do for a doctor at an instant: an offer whose time has come, a claim that came to nothing, a slot that is owed.';


--
-- Name: waitlist_only_when_full(public.doctor, date, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.waitlist_only_when_full(d public.doctor, desired_date date, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT format('This doctor has a free slot at %s: book it.', utc_text(starts_at))
    FROM free_slots(
        d.account_id,
        coalesce(desired_date::timestamp AT TIME ZONE d.timezone, '-infinity'),
        coalesce((desired_date + 1)::timestamp AT TIME ZONE d.timezone, 'infinity'),
        at_
    )
    LIMIT 1
$$;


--
-- Name: FUNCTION waitlist_only_when_full(d public.doctor, desired_date date, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.waitlist_only_when_full(d public.doctor, desired_date date, at_ timestamp with time zone) IS 'One waits only for a doctor who has no free slot. Why there is nothing to wait for at an instant; NULL: the doctor is full.';


--
-- Name: was_canceled_by_doctor(public.waitlist_entry, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.was_canceled_by_doctor(w public.waitlist_entry, at_ timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT FROM appointment
        WHERE patient_id = w.patient_id AND doctor_id = w.doctor_id AND canceled_by = 'doctor'
            AND updated_at > at_ - interval '360 hours'
    )
$$;


--
-- Name: FUNCTION was_canceled_by_doctor(w public.waitlist_entry, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.was_canceled_by_doctor(w public.waitlist_entry, at_ timestamp with time zone) IS 'Whether the doctor has canceled an appointment of this patient within the last 15 days (360 hours): then they are served first.';


--
-- Name: was_claimed(integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.was_claimed(p_appointment integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (SELECT FROM offer WHERE appointment_id = p_appointment AND status = 'accepted')
$$;


--
-- Name: FUNCTION was_claimed(p_appointment integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.was_claimed(p_appointment integer) IS 'Whether an appointment came about by an offer.';


--
-- Name: was_offered(public.waitlist_entry, tstzrange); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.was_offered(w public.waitlist_entry, slot tstzrange) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT FROM offer AS o
        INNER JOIN waitlist_entry AS e ON o.waitlist_entry_id = e.id
        INNER JOIN appointment AS a ON o.appointment_id = a.id
        WHERE e.patient_id = w.patient_id AND a.doctor_id = w.doctor_id AND a.during = slot
            AND o.status IN ('queued', 'sent', 'accepted', 'declined', 'expired')
            AND NOT EXISTS (
                SELECT FROM appointment AS since
                WHERE since.doctor_id = w.doctor_id AND since.patient_id IS NOT NULL AND since.during && slot
                    AND CASE WHEN since.id = a.id
                        THEN since.status = 'canceled' AND o.status <> 'accepted' -- a claim by somebody else
                        ELSE since.created_at > o.created_at
                    END
            )
    )
$$;


--
-- Name: FUNCTION was_offered(w public.waitlist_entry, slot tstzrange); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.was_offered(w public.waitlist_entry, slot tstzrange) IS 'Whether the patient of an entry has, or had and did not make use of, an offer of this slot. An offer that somebody else was faster to claim does not count.';


--
-- Name: wave_delay(interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.wave_delay(lead interval) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT least(greatest(lead / 48, interval '10 min'), interval '1 h')
$$;


--
-- Name: FUNCTION wave_delay(lead interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.wave_delay(lead interval) IS 'How long after a wave the next one follows, for a slot that starts so far ahead.';


--
-- Name: withdraw_slots(public.doctor, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.withdraw_slots(d public.doctor, at_ timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT release_slot(a.id)
    FROM appointment AS a
    CROSS JOIN policy AS p
    WHERE a.doctor_id = d.account_id AND a.status = 'offered' AND (
        NOT is_verified(d, p)
        OR lower(a.during) - p.offer_min_notice <= at_
        OR appointment_within_working_hours(d, a.during) IS NOT NULL
        -- a cap that was lowered takes back what nobody has yet, the newest first
        OR (SELECT count(*) FROM appointment AS n WHERE n.doctor_id = d.account_id AND n.status = 'offered' AND n.id >= a.id)
        <= active_appointments(d.account_id, at_) - d.max_appointments
    )
    ORDER BY a.id
$$;


--
-- Name: FUNCTION withdraw_slots(d public.doctor, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.withdraw_slots(d public.doctor, at_ timestamp with time zone) IS 'Releases the slots on offer that start too soon, are no slots any more, exceed the cap, or are of a doctor who may take no appointments.';


--
-- Name: working_hours_cover_appointments(public.doctor, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.working_hours_cover_appointments(d public.doctor, at_ timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT format('Appointments outside the working hours: %s, the first at %s.', count(*), utc_text(min(lower(during))))
    FROM stranded_appointments(d, at_)
    HAVING count(*) > 0
$$;


--
-- Name: FUNCTION working_hours_cover_appointments(d public.doctor, at_ timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.working_hours_cover_appointments(d public.doctor, at_ timestamp with time zone) IS 'A change of hours leaves no appointment outside them. Why a doctor''s hours cannot be as they are, seen from an instant; NULL: they can.';


--
-- Name: working_interval(integer, integer, text, date); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.working_interval(start_minute integer, end_minute integer, zone text, day date) RETURNS public.working_span
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT (
        (day + make_interval(mins => start_minute)) AT TIME ZONE zone,
        (day + make_interval(mins => end_minute)) AT TIME ZONE zone,
        day + make_interval(mins => start_minute),
        day + make_interval(mins => end_minute)
    )::working_span
$$;


--
-- Name: FUNCTION working_interval(start_minute integer, end_minute integer, zone text, day date); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.working_interval(start_minute integer, end_minute integer, zone text, day date) IS 'Where an interval of working hours lies on one day in a zone. Slots step through it in elapsed time.';


--
-- Name: wrong_status(integer, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.wrong_status(p_account integer, p_status text) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    RETURN CASE
        WHEN p_account IS NULL THEN 'Which account? None is given.'
        WHEN a.id IS NULL THEN format('There is no account %s.', p_account)
        WHEN a.status <> p_status THEN format('Account %s is %s.', p_account, a.status)
    END;
END
$$;


--
-- Name: FUNCTION wrong_status(p_account integer, p_status text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.wrong_status(p_account integer, p_status text) IS 'Locks an account and says why it is not one of this status; NULL: it is.';


--
-- Name: activity; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.activity AS
 SELECT changed_at,
        CASE
            WHEN (account_id IS NOT NULL) THEN ((acted_as || ' '::text) || account_id)
            WHEN (acted_as = 'admin'::text) THEN database_role
            ELSE acted_as
        END AS who,
    ((replace(object_kind, '_'::text, ' '::text) || ' '::text) || object_id) AS what,
    public.history_text(was, becomes) AS changes,
    doctor,
    patient,
    object_kind,
    object_id,
    number,
    transaction_id
   FROM ( SELECT h_1.object_kind,
            h_1.object_id,
            h_1.number,
            h_1.changed_at,
            h_1.transaction_id,
            h_1.database_role,
            h_1.acted_as,
            h_1.account_id,
            h_1.was,
            h_1.becomes,
            h_1.hash,
            a.doctor_id AS doctor,
            a.patient_id AS patient
           FROM (public.history h_1
             JOIN public.appointment a ON ((h_1.object_id = a.id)))
          WHERE (h_1.object_kind = 'appointment'::text)
        UNION ALL
         SELECT h_1.object_kind,
            h_1.object_id,
            h_1.number,
            h_1.changed_at,
            h_1.transaction_id,
            h_1.database_role,
            h_1.acted_as,
            h_1.account_id,
            h_1.was,
            h_1.becomes,
            h_1.hash,
            w.doctor_id AS doctor,
            w.patient_id AS patient
           FROM (public.history h_1
             JOIN public.waitlist_entry w ON ((h_1.object_id = w.id)))
          WHERE (h_1.object_kind = 'waitlist_entry'::text)
        UNION ALL
         SELECT h_1.object_kind,
            h_1.object_id,
            h_1.number,
            h_1.changed_at,
            h_1.transaction_id,
            h_1.database_role,
            h_1.acted_as,
            h_1.account_id,
            h_1.was,
            h_1.becomes,
            h_1.hash,
            paid_visit.doctor_id AS doctor,
            paid_visit.patient_id AS patient
           FROM ((public.history h_1
             JOIN public.payment paid ON ((h_1.object_id = paid.id)))
             JOIN public.appointment paid_visit ON ((paid.appointment_id = paid_visit.id)))
          WHERE (h_1.object_kind = 'payment'::text)
        UNION ALL
         SELECT h_1.object_kind,
            h_1.object_id,
            h_1.number,
            h_1.changed_at,
            h_1.transaction_id,
            h_1.database_role,
            h_1.acted_as,
            h_1.account_id,
            h_1.was,
            h_1.becomes,
            h_1.hash,
            refunded_visit.doctor_id AS doctor,
            refunded_visit.patient_id AS patient
           FROM (((public.history h_1
             JOIN public.refund r ON ((h_1.object_id = r.id)))
             JOIN public.payment refunded ON ((r.payment_id = refunded.id)))
             JOIN public.appointment refunded_visit ON ((refunded.appointment_id = refunded_visit.id)))
          WHERE (h_1.object_kind = 'refund'::text)
        UNION ALL
         SELECT h_1.object_kind,
            h_1.object_id,
            h_1.number,
            h_1.changed_at,
            h_1.transaction_id,
            h_1.database_role,
            h_1.acted_as,
            h_1.account_id,
            h_1.was,
            h_1.becomes,
            h_1.hash,
            d.account_id AS doctor,
            NULL::integer AS patient
           FROM (public.history h_1
             JOIN public.doctor d ON ((h_1.object_id = d.account_id)))
          WHERE (h_1.object_kind = 'account'::text)
        UNION ALL
         SELECT h_1.object_kind,
            h_1.object_id,
            h_1.number,
            h_1.changed_at,
            h_1.transaction_id,
            h_1.database_role,
            h_1.acted_as,
            h_1.account_id,
            h_1.was,
            h_1.becomes,
            h_1.hash,
            NULL::integer AS doctor,
            p.account_id AS patient
           FROM (public.history h_1
             JOIN public.patient p ON ((h_1.object_id = p.account_id)))
          WHERE (h_1.object_kind = 'account'::text)
        UNION ALL
         SELECT h_1.object_kind,
            h_1.object_id,
            h_1.number,
            h_1.changed_at,
            h_1.transaction_id,
            h_1.database_role,
            h_1.acted_as,
            h_1.account_id,
            h_1.was,
            h_1.becomes,
            h_1.hash,
            NULL::integer AS doctor,
            NULL::integer AS patient
           FROM public.history h_1
          WHERE (h_1.object_kind = 'policy'::text)) h
  ORDER BY changed_at DESC, object_kind, object_id, number DESC;


--
-- Name: VIEW activity; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.activity IS 'What has changed, the newest first. Ask for a doctor, a patient, one thing (object_kind and object_id), or a range of changed_at.';


--
-- Name: COLUMN activity.changed_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.changed_at IS 'When.';


--
-- Name: COLUMN activity.who; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.who IS 'Whose doing it was: an account by its id, a login at psql by its name, payment for what follows from one, or system for the service by itself.';


--
-- Name: COLUMN activity.what; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.what IS 'What changed, with its number.';


--
-- Name: COLUMN activity.changes; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.changes IS 'What became of it: old -> new; only what is new where it began.';


--
-- Name: COLUMN activity.doctor; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.doctor IS 'The account id of the doctor whom it concerns.';


--
-- Name: COLUMN activity.patient; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.patient IS 'The account id of the patient whom it concerns.';


--
-- Name: COLUMN activity.object_kind; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.object_kind IS 'The table of what changed.';


--
-- Name: COLUMN activity.object_id; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.object_id IS 'Its id there; of the policy 1.';


--
-- Name: COLUMN activity.number; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.number IS 'The record''s place in the history of that thing.';


--
-- Name: COLUMN activity.transaction_id; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.activity.transaction_id IS 'What changed together has the same one.';


--
-- Name: day_sheet; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.day_sheet AS
 SELECT a.id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    ((lower(a.during) AT TIME ZONE d.timezone))::date AS day,
    ((lower(a.during) AT TIME ZONE d.timezone))::time without time zone AS starts,
    ((upper(a.during) AT TIME ZONE d.timezone))::time without time zone AS ends,
    public.appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) AS status,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    p.phone AS patient_phone,
    public.money_text(a.fee, (a.currency)::text) AS fee,
    ( SELECT y.status
           FROM public.payment y
          WHERE (y.appointment_id = a.id)
          ORDER BY y.id DESC
         LIMIT 1) AS payment,
    a.canceled_by,
    a.cancel_reason,
    lower(a.during) AS starts_at,
    d.timezone
   FROM ((public.appointment a
     JOIN public.doctor d ON ((a.doctor_id = d.account_id)))
     LEFT JOIN public.patient p ON ((a.patient_id = p.account_id)))
  WHERE (a.status <> ALL (ARRAY['released'::text, 'expired'::text]))
  ORDER BY a.doctor_id, (lower(a.during)), a.id;


--
-- Name: VIEW day_sheet; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.day_sheet IS 'Appointments, past and to come, canceled ones included, in order of doctor and time. Ask for a doctor and a day, a patient, or, for a day of all doctors, a range of starts_at.';


--
-- Name: COLUMN day_sheet.appointment; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.appointment IS 'The appointment''s number, for admin.cancel_appointment() and admin.reschedule_appointment().';


--
-- Name: COLUMN day_sheet.doctor; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.doctor IS 'The doctor''s account id.';


--
-- Name: COLUMN day_sheet.doctor_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.doctor_name IS 'The doctor''s name.';


--
-- Name: COLUMN day_sheet.day; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.day IS 'The day of the doctor''s calendar.';


--
-- Name: COLUMN day_sheet.starts; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.starts IS 'When it starts by the doctor''s clock.';


--
-- Name: COLUMN day_sheet.ends; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.ends IS 'When it ends by the doctor''s clock.';


--
-- Name: COLUMN day_sheet.status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.status IS 'The status that counts now: a lapsed hold reads expired, a finished visit completed.';


--
-- Name: COLUMN day_sheet.patient; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.patient IS 'The patient''s account id; none while the slot is on offer to the waitlist.';


--
-- Name: COLUMN day_sheet.patient_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.patient_name IS 'The patient''s name.';


--
-- Name: COLUMN day_sheet.patient_phone; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.patient_phone IS 'The patient''s telephone.';


--
-- Name: COLUMN day_sheet.fee; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.fee IS 'What it costs.';


--
-- Name: COLUMN day_sheet.payment; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.payment IS 'How far the newest payment for it is; none: nobody has begun to pay.';


--
-- Name: COLUMN day_sheet.canceled_by; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.canceled_by IS 'patient, doctor or admin.';


--
-- Name: COLUMN day_sheet.cancel_reason; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.cancel_reason IS 'What the canceling side said, if anything.';


--
-- Name: COLUMN day_sheet.starts_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.starts_at IS 'When it starts, as an instant: what to ask by for all doctors at once.';


--
-- Name: COLUMN day_sheet.timezone; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.day_sheet.timezone IS 'The doctor''s time zone.';


--
-- Name: doctor_load; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.doctor_load AS
 SELECT d.account_id AS doctor,
    d.full_name AS doctor_name,
    d.specialty,
    public.is_verified(d.*, ( SELECT p.*::public.policy AS p
           FROM public.policy p)) AS takes_bookings,
    c.active,
    d.max_appointments AS cap,
    ((c.active || '/'::text) || d.max_appointments) AS load,
    c.holds,
    c.on_offer,
    ( SELECT count(*) AS count
           FROM public.waitlist_entry w
          WHERE ((w.doctor_id = d.account_id) AND (w.status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text])))) AS waiting,
    ( SELECT min(s.starts_at) AS min
           FROM public.free_slots(d.account_id, now(), (now() + '361:00:00'::interval)) s(starts_at, ends_at)) AS next_free_slot
   FROM (public.doctor d
     CROSS JOIN LATERAL ( SELECT count(*) AS active,
            count(*) FILTER (WHERE (a.status = 'pending'::text)) AS holds,
            count(*) FILTER (WHERE (a.status = 'offered'::text)) AS on_offer
           FROM public.appointment a
          WHERE ((a.doctor_id = d.account_id) AND (a.seat IS NOT NULL) AND (public.appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) = ANY (ARRAY['offered'::text, 'pending'::text, 'confirmed'::text])))) c);


--
-- Name: VIEW doctor_load; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.doctor_load IS 'Every doctor with the places taken and left. Ask for one doctor, or order by active; next_free_slot of thousands of doctors takes seconds.';


--
-- Name: COLUMN doctor_load.doctor; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.doctor IS 'The doctor''s account id.';


--
-- Name: COLUMN doctor_load.doctor_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.doctor_name IS 'The doctor''s name.';


--
-- Name: COLUMN doctor_load.specialty; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.specialty IS 'The doctor''s specialty.';


--
-- Name: COLUMN doctor_load.takes_bookings; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.takes_bookings IS 'Whether the doctor is verified, or the policy does not ask.';


--
-- Name: COLUMN doctor_load.active; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.active IS 'Places taken: appointments ahead, live holds and slots on offer.';


--
-- Name: COLUMN doctor_load.cap; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.cap IS 'Most places at once: the doctor''s own cap, never above 30.';


--
-- Name: COLUMN doctor_load.load; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.load IS 'active/cap.';


--
-- Name: COLUMN doctor_load.holds; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.holds IS 'Of the active ones those that wait for a payment.';


--
-- Name: COLUMN doctor_load.on_offer; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.on_offer IS 'Of the active ones those that are on offer to the waitlist.';


--
-- Name: COLUMN doctor_load.waiting; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.waiting IS 'Live entries on the doctor''s waitlist.';


--
-- Name: COLUMN doctor_load.next_free_slot; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.doctor_load.next_free_slot IS 'The first slot that anybody could book now; none: no free slot within 15 days.';


--
-- Name: holds; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.holds AS
 SELECT a.id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    lower(a.during) AS starts_at,
    a.hold_expires_at AS expires_at,
    date_trunc('second'::text, (a.hold_expires_at - now())) AS remaining,
    public.money_text(a.fee, (a.currency)::text) AS fee,
    y.id AS payment,
    y.status AS payment_status,
    y.order_id AS paypal_order
   FROM (((public.appointment a
     JOIN public.doctor d ON ((a.doctor_id = d.account_id)))
     JOIN public.patient p ON ((a.patient_id = p.account_id)))
     LEFT JOIN LATERAL ( SELECT l.id,
            l.status,
            l.order_id
           FROM public.payment l
          WHERE (l.appointment_id = a.id)
          ORDER BY l.id DESC
         LIMIT 1) y ON (true))
  WHERE ((a.status = 'pending'::text) AND (a.hold_expires_at > now()))
  ORDER BY a.hold_expires_at;


--
-- Name: VIEW holds; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.holds IS 'Live holds, those that lapse first first. Ask for all, a doctor or a patient.';


--
-- Name: COLUMN holds.appointment; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.appointment IS 'The appointment''s number.';


--
-- Name: COLUMN holds.doctor; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.doctor IS 'The doctor''s account id.';


--
-- Name: COLUMN holds.doctor_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.doctor_name IS 'The doctor''s name.';


--
-- Name: COLUMN holds.patient; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.patient IS 'The patient''s account id.';


--
-- Name: COLUMN holds.patient_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.patient_name IS 'The patient''s name.';


--
-- Name: COLUMN holds.starts_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.starts_at IS 'When the appointment would start.';


--
-- Name: COLUMN holds.expires_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.expires_at IS 'Until when the slot is held.';


--
-- Name: COLUMN holds.remaining; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.remaining IS 'How long that is from now.';


--
-- Name: COLUMN holds.fee; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.fee IS 'What is to be paid.';


--
-- Name: COLUMN holds.payment; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.payment IS 'The newest payment for it; none: the patient has not begun to pay.';


--
-- Name: COLUMN holds.payment_status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.payment_status IS 'How far that is.';


--
-- Name: COLUMN holds.paypal_order; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.holds.paypal_order IS 'PayPal''s order, as its own pages name it.';


--
-- Name: offers; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.offers AS
 SELECT o.id AS offer,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    o.appointment_id AS appointment,
    lower(a.during) AS starts_at,
    o.waitlist_entry_id AS entry,
    w.patient_id AS patient,
    p.full_name AS patient_name,
    o.wave,
    o.status,
    o.expires_at,
    o.due_at AS next_look,
    o.created_at
   FROM ((((public.offer o
     JOIN public.appointment a ON ((o.appointment_id = a.id)))
     JOIN public.waitlist_entry w ON ((o.waitlist_entry_id = w.id)))
     JOIN public.doctor d ON ((a.doctor_id = d.account_id)))
     JOIN public.patient p ON ((w.patient_id = p.account_id)))
  WHERE ((o.status = ANY (ARRAY['queued'::text, 'sent'::text])) AND (o.expires_at > now()))
  ORDER BY a.doctor_id, o.appointment_id, o.wave, o.id;


--
-- Name: VIEW offers; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.offers IS 'Offers that can be accepted now, slot by slot. Ask for a doctor, a patient or an appointment.';


--
-- Name: COLUMN offers.offer; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.offer IS 'The offer''s number.';


--
-- Name: COLUMN offers.doctor; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.doctor IS 'The doctor''s account id.';


--
-- Name: COLUMN offers.doctor_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.doctor_name IS 'The doctor''s name.';


--
-- Name: COLUMN offers.appointment; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.appointment IS 'The slot, an appointment without a patient.';


--
-- Name: COLUMN offers.starts_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.starts_at IS 'When the slot starts.';


--
-- Name: COLUMN offers.entry; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.entry IS 'The waitlist entry it is offered to.';


--
-- Name: COLUMN offers.patient; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.patient IS 'The patient''s account id.';


--
-- Name: COLUMN offers.patient_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.patient_name IS 'The patient''s name.';


--
-- Name: COLUMN offers.wave; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.wave IS '1 for those who heard first; each wave is twice as large.';


--
-- Name: COLUMN offers.status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.status IS 'queued: its mail is not sent yet; sent.';


--
-- Name: COLUMN offers.expires_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.expires_at IS 'Good until then, unless somebody else is faster.';


--
-- Name: COLUMN offers.next_look; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.next_look IS 'When the next wave is due, or this offer''s end.';


--
-- Name: COLUMN offers.created_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.offers.created_at IS 'When it was made.';


--
-- Name: payment_attention; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.payment_attention AS
 SELECT p.id AS payment_id,
    p.appointment_id,
    p.attention AS why
   FROM public.payment p
  WHERE (p.attention IS NOT NULL)
UNION ALL
 SELECT r.payment_id,
    p.appointment_id,
    ('The refund has failed: '::text || COALESCE(r.outcome, 'no reason given'::text)) AS why
   FROM (public.refund r
     JOIN public.payment p ON ((r.payment_id = p.id)))
  WHERE ((r.status = 'failed'::text) AND (p.refund_total < p.amount))
UNION ALL
 SELECT NULL::integer AS payment_id,
    a.id AS appointment_id,
    'The appointment is confirmed without a payment.'::text AS why
   FROM public.appointment a
  WHERE ((a.status = 'confirmed'::text) AND (public.appointment_confirmed_is_paid(a.*) IS NOT NULL))
UNION ALL
 SELECT p.id AS payment_id,
    p.appointment_id,
    'PayPal has not decided for three days.'::text AS why
   FROM public.payment p
  WHERE ((p.status = ANY (ARRAY['capturing'::text, 'pending_review'::text])) AND (p.updated_at < (now() - '72:00:00'::interval)));


--
-- Name: VIEW payment_attention; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.payment_attention IS 'Payments and appointments that do not fit together, and why; an admin clears payment.attention.';


--
-- Name: payments_attention; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.payments_attention AS
 SELECT t.why,
    t.payment_id AS payment,
    ( SELECT max(r.id) AS max
           FROM public.refund r
          WHERE ((r.payment_id = t.payment_id) AND (r.status = 'failed'::text))) AS failed_refund,
    t.appointment_id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    lower(a.during) AS starts_at,
    public.appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) AS appointment_status,
    y.status AS payment_status,
    public.money_text(COALESCE(y.amount, a.fee), (a.currency)::text) AS amount,
    public.money_text(COALESCE(y.refund_total, 0.00), (a.currency)::text) AS refunds,
    y.order_id AS paypal_order,
    y.capture_id AS paypal_capture,
    y.updated_at AS since
   FROM ((((public.payment_attention t
     JOIN public.appointment a ON ((t.appointment_id = a.id)))
     JOIN public.doctor d ON ((a.doctor_id = d.account_id)))
     LEFT JOIN public.patient p ON ((a.patient_id = p.account_id)))
     LEFT JOIN public.payment y ON ((t.payment_id = y.id)));


--
-- Name: VIEW payments_attention; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.payments_attention IS 'Money that the worker cannot put right without guessing. Look it up at PayPal by paypal_order or paypal_capture; ask for a failed refund once more by admin.retry_refund(failed_refund); when it is settled, UPDATE payment SET attention = NULL WHERE id = ... takes the row away.';


--
-- Name: COLUMN payments_attention.why; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.why IS 'What is wrong.';


--
-- Name: COLUMN payments_attention.payment; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.payment IS 'The payment''s number; none: there is no payment where there should be one.';


--
-- Name: COLUMN payments_attention.failed_refund; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.failed_refund IS 'The refund that has failed, for admin.retry_refund().';


--
-- Name: COLUMN payments_attention.appointment; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.appointment IS 'The appointment that was to be paid.';


--
-- Name: COLUMN payments_attention.doctor; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.doctor IS 'The doctor''s account id.';


--
-- Name: COLUMN payments_attention.doctor_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.doctor_name IS 'The doctor''s name.';


--
-- Name: COLUMN payments_attention.patient; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.patient IS 'The patient''s account id.';


--
-- Name: COLUMN payments_attention.patient_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.patient_name IS 'The patient''s name.';


--
-- Name: COLUMN payments_attention.starts_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.starts_at IS 'When the appointment starts.';


--
-- Name: COLUMN payments_attention.appointment_status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.appointment_status IS 'The appointment''s status that counts now.';


--
-- Name: COLUMN payments_attention.payment_status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.payment_status IS 'How far the payment is.';


--
-- Name: COLUMN payments_attention.amount; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.amount IS 'What was to be paid.';


--
-- Name: COLUMN payments_attention.refunds; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.refunds IS 'What is back or on its way back.';


--
-- Name: COLUMN payments_attention.paypal_order; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.paypal_order IS 'PayPal''s order.';


--
-- Name: COLUMN payments_attention.paypal_capture; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.paypal_capture IS 'PayPal''s capture: the money taken.';


--
-- Name: COLUMN payments_attention.since; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.payments_attention.since IS 'When the payment''s status last changed.';


--
-- Name: rule_answer; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.rule_answer AS
 SELECT rule,
    http_status,
    title
   FROM ( VALUES ('account_email_unique'::text,409,'An account with this email exists already.'::text), ('account_email_valid'::text,400,'This is not an email address.'::text), ('account_erased_is_empty'::text,500,'Something went wrong on our side.'::text), ('account_id_role_unique'::text,500,'Something went wrong on our side.'::text), ('account_pending_email_valid'::text,400,'This is not an email address.'::text), ('account_role_valid'::text,400,'The role is doctor or patient.'::text), ('account_status_valid'::text,500,'Something went wrong on our side.'::text), ('account_token_account_id_fkey'::text,500,'Something went wrong on our side.'::text), ('account_token_purpose_valid'::text,500,'Something went wrong on our side.'::text), ('account_username_unique'::text,409,'This username is taken.'::text), ('account_username_valid'::text,400,'A username has 1 to 150 letters, digits or any of _.@+-.'::text), ('appointment_booking_window'::text,422,'The time is outside the booking window.'::text), ('appointment_cancel_notice'::text,422,'It is too late to cancel.'::text), ('appointment_canceled_by_valid'::text,500,'Something went wrong on our side.'::text), ('appointment_confirmed_is_paid'::text,422,'The appointment has not been paid.'::text), ('appointment_doctor_cap'::text,409,'The doctor has no room for another appointment.'::text), ('appointment_doctor_id_fkey'::text,422,'There is no such doctor.'::text), ('appointment_doctor_no_overlap'::text,409,'This slot is taken.'::text), ('appointment_doctor_seat'::text,409,'The doctor has no room for another appointment.'::text), ('appointment_doctor_verified'::text,422,'This doctor takes no appointments yet.'::text), ('appointment_during_valid'::text,500,'Something went wrong on our side.'::text), ('appointment_hold_has_end'::text,500,'Something went wrong on our side.'::text), ('appointment_immutable'::text,422,'This part of an appointment never changes.'::text), ('appointment_patient_hold_limit'::text,409,'You have too many unpaid bookings.'::text), ('appointment_patient_id_fkey'::text,422,'There is no such patient.'::text), ('appointment_patient_iff_claimed'::text,500,'Something went wrong on our side.'::text), ('appointment_patient_no_overlap'::text,409,'You already have an appointment at that time.'::text), ('appointment_seat_iff_active'::text,500,'Something went wrong on our side.'::text), ('appointment_status_transition'::text,409,'The appointment is not in a state for this.'::text), ('appointment_status_valid'::text,500,'Something went wrong on our side.'::text), ('appointment_within_working_hours'::text,422,'The time is not one of the doctor''s slots.'::text), ('calendar_feed_account_id_fkey'::text,500,'Something went wrong on our side.'::text), ('calendar_feed_token_unique'::text,500,'Something went wrong on our side.'::text), ('coming_mail_appointment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('coming_mail_kind_valid'::text,500,'Something went wrong on our side.'::text), ('doctor_account_id_fkey'::text,422,'A role never changes.'::text), ('doctor_buffer_minutes_valid'::text,400,'A buffer lasts 0 to 480 minutes.'::text), ('doctor_experience_years_valid'::text,400,'Experience is 0 to 80 years.'::text), ('doctor_fee_allowed'::text,422,'This fee or currency is not allowed.'::text), ('doctor_fee_has_no_minor_unit'::text,400,'This currency has no decimals.'::text), ('doctor_fee_valid'::text,400,'A fee is not negative.'::text), ('doctor_max_appointments_valid'::text,400,'The cap is 0 to 30 appointments.'::text), ('doctor_slot_minutes_valid'::text,400,'A slot lasts 5 to 480 minutes.'::text), ('doctor_timezone_fkey'::text,422,'This is not an IANA time zone.'::text), ('notification_account_id_fkey'::text,500,'Something went wrong on our side.'::text), ('notification_appointment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('notification_appointment_known'::text,500,'Something went wrong on our side.'::text), ('notification_batch'::text,500,'Something went wrong on our side.'::text), ('notification_kind_valid'::text,500,'Something went wrong on our side.'::text), ('notification_offer_id_fkey'::text,500,'Something went wrong on our side.'::text), ('notification_once'::text,500,'Something went wrong on our side.'::text), ('notification_payment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('notification_status_valid'::text,500,'Something went wrong on our side.'::text), ('notification_waitlist_entry_id_fkey'::text,500,'Something went wrong on our side.'::text), ('offer_appointment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('offer_immutable'::text,422,'This part of an offer never changes.'::text), ('offer_one_live'::text,500,'Something went wrong on our side.'::text), ('offer_status_transition'::text,409,'This offer has been answered.'::text), ('offer_status_valid'::text,500,'Something went wrong on our side.'::text), ('offer_superseded'::text,409,'This offer is no longer good.'::text), ('offer_token_offer_id_fkey'::text,500,'Something went wrong on our side.'::text), ('offer_waitlist_entry_id_fkey'::text,500,'Something went wrong on our side.'::text), ('offer_wave_valid'::text,500,'Something went wrong on our side.'::text), ('patient_account_id_fkey'::text,422,'A role never changes.'::text), ('patient_timezone_fkey'::text,422,'This is not an IANA time zone.'::text), ('payment_amount_matches_fee'::text,422,'This is not the appointment''s price.'::text), ('payment_amount_valid'::text,500,'Something went wrong on our side.'::text), ('payment_appointment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('payment_appointment_payable'::text,409,'There is nothing to pay.'::text), ('payment_capture_known'::text,500,'Something went wrong on our side.'::text), ('payment_capture_unique'::text,500,'Something went wrong on our side.'::text), ('payment_immutable'::text,422,'This part of a payment never changes.'::text), ('payment_one_capture'::text,409,'The appointment is paid already.'::text), ('payment_order_unique'::text,500,'Something went wrong on our side.'::text), ('payment_reference_unique'::text,500,'Something went wrong on our side.'::text), ('payment_refund_within_capture'::text,422,'A refund never exceeds what was paid.'::text), ('payment_status_transition'::text,409,'The payment is not in a state for this.'::text), ('payment_status_valid'::text,500,'Something went wrong on our side.'::text), ('policy_default_currency_valid'::text,500,'Something went wrong on our side.'::text), ('policy_default_fee_valid'::text,500,'Something went wrong on our side.'::text), ('policy_hold_minutes_valid'::text,500,'Something went wrong on our side.'::text), ('policy_max_fee_valid'::text,500,'Something went wrong on our side.'::text), ('policy_offer_first_wave_valid'::text,500,'Something went wrong on our side.'::text), ('policy_offer_min_notice_valid'::text,500,'Something went wrong on our side.'::text), ('policy_offer_waves_valid'::text,500,'Something went wrong on our side.'::text), ('policy_one_row'::text,500,'Something went wrong on our side.'::text), ('policy_patient_hold_limit_valid'::text,500,'Something went wrong on our side.'::text), ('policy_reminder_lead_valid'::text,500,'Something went wrong on our side.'::text), ('policy_review_hours_valid'::text,500,'Something went wrong on our side.'::text), ('receipt_account_id_fkey'::text,500,'Something went wrong on our side.'::text), ('receipt_payment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('refresh_token_account_id_fkey'::text,500,'Something went wrong on our side.'::text), ('refund_amount_valid'::text,500,'Something went wrong on our side.'::text), ('refund_immutable'::text,422,'This part of a refund never changes.'::text), ('refund_payment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('refund_paypal_unique'::text,500,'Something went wrong on our side.'::text), ('refund_status_transition'::text,409,'The refund is not in a state for this.'::text), ('refund_status_valid'::text,500,'Something went wrong on our side.'::text), ('time_off_doctor_id_fkey'::text,422,'There is no such doctor.'::text), ('time_off_during_valid'::text,400,'Time off begins and ends at some time, and begins before it ends.'::text), ('time_off_no_appointment'::text,409,'Appointments are in the way.'::text), ('waitlist_desired_date_window'::text,422,'The date is outside the booking window.'::text), ('waitlist_entry_doctor_id_fkey'::text,422,'There is no such doctor.'::text), ('waitlist_entry_immutable'::text,422,'This part of a waitlist entry never changes.'::text), ('waitlist_entry_min_notice_minutes_valid'::text,400,'The notice is 0 to 21600 minutes.'::text), ('waitlist_entry_patient_id_fkey'::text,422,'There is no such patient.'::text), ('waitlist_entry_priority_class_valid'::text,500,'Something went wrong on our side.'::text), ('waitlist_entry_status_transition'::text,409,'The waitlist entry is not in a state for this.'::text), ('waitlist_entry_status_valid'::text,500,'Something went wrong on our side.'::text), ('waitlist_entry_times_valid'::text,400,'The earliest time is not after the latest.'::text), ('waitlist_entry_unique'::text,409,'You are on this waitlist already.'::text), ('waitlist_only_when_full'::text,409,'The doctor still has a free slot.'::text), ('webhook_event_payment_id_fkey'::text,500,'Something went wrong on our side.'::text), ('working_hours_cover_appointments'::text,409,'Appointments would be outside the working hours.'::text), ('working_hours_doctor_id_fkey'::text,422,'There is no such doctor.'::text), ('working_hours_minutes_valid'::text,400,'Working hours begin before they end; across midnight they are two intervals, until 24:00 and from 00:00.'::text), ('working_hours_no_overlap'::text,409,'Working hours overlap.'::text), ('working_hours_weekday_valid'::text,400,'A weekday is 1 (Monday) to 7 (Sunday).'::text)) answer(rule, http_status, title);


--
-- Name: VIEW rule_answer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.rule_answer IS 'How the API answers each broken rule: HTTP status, and the title of the problem.';


--
-- Name: rule_catalogue; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.rule_catalogue AS
 WITH declared AS (
         SELECT pg_constraint.conname AS of_rule,
                CASE pg_constraint.contype
                    WHEN 'c'::"char" THEN 'check'::text
                    WHEN 'f'::"char" THEN 'foreign key'::text
                    WHEN 'u'::"char" THEN 'unique'::text
                    ELSE 'exclusion'::text
                END AS kind,
            ((pg_constraint.conrelid)::regclass)::text AS on_table,
            pg_get_constraintdef(pg_constraint.oid) AS definition,
            COALESCE(obj_description(pg_constraint.oid, 'pg_constraint'::name),
                CASE pg_constraint.contype
                    WHEN 'f'::"char" THEN format('Each %s belongs to a %s that there is.'::text, (pg_constraint.conrelid)::regclass, (pg_constraint.confrelid)::regclass)
                    ELSE NULL::text
                END) AS sentence
           FROM pg_constraint
          WHERE ((pg_constraint.connamespace = ('public'::regnamespace)::oid) AND (pg_constraint.contype = ANY (ARRAY['c'::"char", 'f'::"char", 'u'::"char", 'x'::"char"])))
        UNION ALL
         SELECT c.relname AS of_rule,
            'unique index'::text AS kind,
            ((i.indrelid)::regclass)::text AS on_table,
            pg_get_indexdef(i.indexrelid) AS definition,
            obj_description(c.oid, 'pg_class'::name) AS sentence
           FROM (pg_index i
             JOIN pg_class c ON ((i.indexrelid = c.oid)))
          WHERE (i.indisunique AND (c.relnamespace = ('public'::regnamespace)::oid) AND (NOT (EXISTS ( SELECT
                   FROM pg_constraint k
                  WHERE ((k.conindid = c.oid) AND (k.contype = ANY (ARRAY['p'::"char", 'u'::"char"])))))))
        ), predicate AS (
         SELECT p_1.proname AS of_rule,
            btrim(p_1.prosrc, ' 
'::text) AS body,
            "substring"(obj_description(p_1.oid, 'pg_proc'::name), '^.*?\.(?= |$)'::text) AS sentence
           FROM pg_proc p_1
          WHERE ((p_1.pronamespace = ('public'::regnamespace)::oid) AND (p_1.prorettype = ('text'::regtype)::oid))
        ), raised AS (
         SELECT r_1.rule,
            string_agg(((p_1.proname)::text || '()'::text), ', '::text ORDER BY p_1.proname) AS by_functions
           FROM (public.rule_answer r_1
             JOIN pg_proc p_1 ON (((p_1.pronamespace = ('public'::regnamespace)::oid) AND (strpos(p_1.prosrc, quote_literal(r_1.rule)) > 0))))
          WHERE (p_1.prorettype <> ('boolean'::regtype)::oid)
          GROUP BY r_1.rule
        )
 SELECT r.rule,
    COALESCE(d.sentence, p.sentence) AS sentence,
    concat_ws(' and '::text, d.kind,
        CASE
            WHEN (f.rule IS NOT NULL) THEN 'trigger'::text
            ELSE NULL::text
        END) AS kind,
    r.http_status,
    concat_ws('; '::text, ('table '::text || d.on_table), f.by_functions) AS enforced_by,
    concat_ws('
'::text, d.definition, p.body) AS definition,
    r.title
   FROM (((public.rule_answer r
     LEFT JOIN declared d ON ((r.rule = d.of_rule)))
     LEFT JOIN predicate p ON ((r.rule = p.of_rule)))
     LEFT JOIN raised f ON ((r.rule = f.rule)))
  ORDER BY r.rule;


--
-- Name: VIEW rule_catalogue; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.rule_catalogue IS 'Every rule: what it says, what enforces it, and how the API answers who breaks it. docs/rules.md has it with the tests that prove it.';


--
-- Name: COLUMN rule_catalogue.rule; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.rule_catalogue.rule IS 'The constraint''s name, which a refusal carries: the API''s error code.';


--
-- Name: COLUMN rule_catalogue.sentence; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.rule_catalogue.sentence IS 'What it says.';


--
-- Name: COLUMN rule_catalogue.kind; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.rule_catalogue.kind IS 'What PostgreSQL knows it as; trigger: functions raise it, which triggers call.';


--
-- Name: COLUMN rule_catalogue.http_status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.rule_catalogue.http_status IS 'The API''s answer; 500 where nothing that a client sends can break it.';


--
-- Name: COLUMN rule_catalogue.enforced_by; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.rule_catalogue.enforced_by IS 'The table that declares it, and the functions that raise it.';


--
-- Name: COLUMN rule_catalogue.definition; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.rule_catalogue.definition IS 'The constraint or index, and what the function of the rule''s name answers.';


--
-- Name: COLUMN rule_catalogue.title; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.rule_catalogue.title IS 'How the API says it to a client.';


--
-- Name: undelivered; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.undelivered AS
 SELECT id,
    kind,
    account_id,
    appointment_id,
    status,
    attempts,
    outcome,
    due_at,
    created_at,
    request_id
   FROM public.notification n
  WHERE ((status = 'failed'::text) OR ((status = 'queued'::text) AND (attempts > 0)));


--
-- Name: VIEW undelivered; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.undelivered IS 'Mails that have failed for good, and those that were tried in vain so far (due_at: when next) or are being sent.';


--
-- Name: COLUMN undelivered.id; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.id IS 'The mail''s number, for admin.requeue_notification().';


--
-- Name: COLUMN undelivered.kind; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.kind IS 'Which mail.';


--
-- Name: COLUMN undelivered.account_id; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.account_id IS 'Who should get it.';


--
-- Name: COLUMN undelivered.appointment_id; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.appointment_id IS 'What it is about; none: the account itself.';


--
-- Name: COLUMN undelivered.status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.status IS 'failed: given up; queued: to be tried again, or being sent.';


--
-- Name: COLUMN undelivered.attempts; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.attempts IS 'How often it was tried.';


--
-- Name: COLUMN undelivered.outcome; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.outcome IS 'What the last attempt met.';


--
-- Name: COLUMN undelivered.due_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.due_at IS 'When it is tried next.';


--
-- Name: COLUMN undelivered.created_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.created_at IS 'When the event happened.';


--
-- Name: COLUMN undelivered.request_id; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.undelivered.request_id IS 'The X-Request-ID of the act that called for it, which the logs name, too.';


--
-- Name: waitlist; Type: VIEW; Schema: admin; Owner: -
--

CREATE VIEW admin.waitlist AS
 SELECT w.id AS entry,
    w.doctor_id AS doctor,
    d.full_name AS doctor_name,
    api."position",
    w.patient_id AS patient,
    p.full_name AS patient_name,
    w.status,
    w.priority_class,
    w.desired_date,
    w.earliest_time,
    w.latest_time,
    w.min_notice_minutes,
    w.created_at
   FROM (((public.waitlist_entry w
     JOIN public.api_waitlist_entry api ON ((w.id = api.id)))
     JOIN public.doctor d ON ((w.doctor_id = d.account_id)))
     JOIN public.patient p ON ((w.patient_id = p.account_id)))
  WHERE (w.status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text]))
  ORDER BY w.doctor_id, w.priority_class, w.id;


--
-- Name: VIEW waitlist; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON VIEW admin.waitlist IS 'Live waitlist entries, first in line first. Ask for a doctor or a patient.';


--
-- Name: COLUMN waitlist.entry; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.entry IS 'The entry''s number.';


--
-- Name: COLUMN waitlist.doctor; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.doctor IS 'The doctor''s account id.';


--
-- Name: COLUMN waitlist.doctor_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.doctor_name IS 'The doctor''s name.';


--
-- Name: COLUMN waitlist."position"; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist."position" IS '1 is first of those who could take the same slot.';


--
-- Name: COLUMN waitlist.patient; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.patient IS 'The patient''s account id.';


--
-- Name: COLUMN waitlist.patient_name; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.patient_name IS 'The patient''s name.';


--
-- Name: COLUMN waitlist.status; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.status IS 'waiting; offered: a slot is on offer to them, or claimed and not paid yet; paused by the patient.';


--
-- Name: COLUMN waitlist.priority_class; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.priority_class IS '1: this doctor canceled on them lately; 2: everybody else.';


--
-- Name: COLUMN waitlist.desired_date; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.desired_date IS 'The day of the doctor''s calendar that they wait for; none: any.';


--
-- Name: COLUMN waitlist.earliest_time; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.earliest_time IS 'A slot starts then or later by the doctor''s clock; none: as early as may be.';


--
-- Name: COLUMN waitlist.latest_time; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.latest_time IS 'A slot starts then or earlier by the doctor''s clock; none: as late as may be.';


--
-- Name: COLUMN waitlist.min_notice_minutes; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.min_notice_minutes IS 'How long before its start they must hear of a slot, minutes.';


--
-- Name: COLUMN waitlist.created_at; Type: COMMENT; Schema: admin; Owner: -
--

COMMENT ON COLUMN admin.waitlist.created_at IS 'When they joined.';


--
-- Name: account_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: account_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account_token (
    token_hash bytea NOT NULL,
    account_id integer NOT NULL,
    purpose text NOT NULL,
    email text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_token_purpose_valid CHECK ((purpose = ANY (ARRAY['email_verification'::text, 'password_reset'::text])))
);


--
-- Name: TABLE account_token; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.account_token IS 'Codes that were mailed, each good for one use; a used one is deleted.';


--
-- Name: COLUMN account_token.token_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account_token.token_hash IS 'SHA-256; the code itself is kept nowhere.';


--
-- Name: COLUMN account_token.purpose; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account_token.purpose IS 'What it is good for: email_verification or password_reset.';


--
-- Name: COLUMN account_token.email; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account_token.email IS 'The address that it was mailed to.';


--
-- Name: COLUMN account_token.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account_token.created_at IS 'When it was made, as the mail was about to be sent.';


--
-- Name: CONSTRAINT account_token_purpose_valid ON account_token; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_token_purpose_valid ON public.account_token IS 'A mailed code is for something that there is.';


--
-- Name: api_appointment_history; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.api_appointment_history AS
 SELECT h.object_id AS appointment,
    a.doctor_id AS doctor,
    a.patient_id AS patient,
    h.number,
    h.changed_at,
    h.acted_as,
    h.account_id,
    public.history_changes(h.*) AS changes
   FROM (public.history h
     JOIN public.appointment a ON ((h.object_id = a.id)))
  WHERE (h.object_kind = 'appointment'::text);


--
-- Name: VIEW api_appointment_history; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.api_appointment_history IS 'What became of appointments, as the API tells their parties.';


--
-- Name: api_doctor; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.api_doctor AS
 SELECT account_id AS id,
    full_name,
    specialty,
    experience_years,
    phone,
    timezone,
    slot_minutes,
    fee,
    currency
   FROM public.doctor d
  WHERE (public.is_verified(d.*, ( SELECT p.*::public.policy AS p
           FROM public.policy p)) AND (NOT public.is_erased(account_id)));


--
-- Name: VIEW api_doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.api_doctor IS 'Doctors as the API shows them to everybody.';


--
-- Name: appointment_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.appointment ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.appointment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: calendar_feed; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.calendar_feed (
    account_id integer NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE calendar_feed; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.calendar_feed IS 'A private link under which calendars read an account''s appointments; one at a time.';


--
-- Name: COLUMN calendar_feed.token_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calendar_feed.token_hash IS 'SHA-256; the token in the link itself is kept nowhere.';


--
-- Name: COLUMN calendar_feed.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calendar_feed.created_at IS 'When the link was made.';


--
-- Name: coming_mail; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.coming_mail (
    appointment_id integer NOT NULL,
    kind text NOT NULL,
    appointment_version integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT coming_mail_kind_valid CHECK ((kind = ANY (ARRAY['appointment_held'::text, 'hold_lapsing'::text, 'appointment_reminder'::text])))
);


--
-- Name: TABLE coming_mail; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.coming_mail IS 'A mail to an appointment''s patient that is not due yet, unless something changes until then.';


--
-- Name: COLUMN coming_mail.kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.coming_mail.kind IS 'Which mail.';


--
-- Name: COLUMN coming_mail.appointment_version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.coming_mail.appointment_version IS 'It is about this version and no other.';


--
-- Name: COLUMN coming_mail.due_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.coming_mail.due_at IS 'When it goes into the outbox.';


--
-- Name: CONSTRAINT coming_mail_kind_valid ON coming_mail; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT coming_mail_kind_valid ON public.coming_mail IS 'A mail that is to come is of a kind that there is.';


--
-- Name: doctor_to_sweep; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.doctor_to_sweep AS
 WITH waited_for AS MATERIALIZED (
         SELECT waitlist_entry.doctor_id
           FROM public.waitlist_entry
          WHERE (waitlist_entry.status = ANY (ARRAY['waiting'::text, 'offered'::text]))
        UNION
         SELECT appointment.doctor_id
           FROM public.appointment
          WHERE (appointment.status = 'offered'::text)
        )
 SELECT appointment.doctor_id
   FROM public.appointment
  WHERE ((appointment.status = 'pending'::text) AND (appointment.hold_expires_at <= now()))
UNION
 SELECT appointment.doctor_id
   FROM public.appointment
  WHERE ((appointment.status = 'confirmed'::text) AND (upper(appointment.during) <= now()))
UNION
 SELECT w.doctor_id
   FROM (public.waitlist_entry w
     JOIN public.doctor d ON ((w.doctor_id = d.account_id)))
  WHERE ((w.status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text])) AND (w.desired_date < ((now() AT TIME ZONE d.timezone))::date))
UNION
 SELECT waited_for.doctor_id
   FROM waited_for
  WHERE public.waitlist_is_due(waited_for.doctor_id, now());


--
-- Name: VIEW doctor_to_sweep; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.doctor_to_sweep IS 'Doctors with lapsed holds, finished visits, waitlist entries whose day has passed, offers that are due, or slots that the waitlist is owed.';


--
-- Name: history_now; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.history_now AS
 SELECT 'appointment'::text AS object_kind,
    a.id AS object_id,
    public.history_of(a.*) AS is_now
   FROM public.appointment a
UNION ALL
 SELECT 'waitlist_entry'::text AS object_kind,
    w.id AS object_id,
    public.history_of(w.*) AS is_now
   FROM public.waitlist_entry w
UNION ALL
 SELECT 'payment'::text AS object_kind,
    p.id AS object_id,
    public.history_of(p.*) AS is_now
   FROM public.payment p
UNION ALL
 SELECT 'refund'::text AS object_kind,
    r.id AS object_id,
    public.history_of(r.*) AS is_now
   FROM public.refund r
UNION ALL
 SELECT 'account'::text AS object_kind,
    a.id AS object_id,
    public.history_of(a.*) AS is_now
   FROM public.account a
UNION ALL
 SELECT 'policy'::text AS object_kind,
    (p.id)::integer AS object_id,
    public.history_of(p.*) AS is_now
   FROM public.policy p;


--
-- Name: VIEW history_now; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.history_now IS 'What history would keep of everything as it is now.';


--
-- Name: notification_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.notification ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: offer_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.offer ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.offer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: offer_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.offer_token (
    token_hash bytea NOT NULL,
    offer_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE offer_token; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.offer_token IS 'What the link in an offer''s mail proves; each attempt to send the mail has its own.';


--
-- Name: COLUMN offer_token.token_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer_token.token_hash IS 'SHA-256; the token itself is kept nowhere.';


--
-- Name: COLUMN offer_token.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.offer_token.created_at IS 'When the mail was written.';


--
-- Name: payment_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.payment ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.payment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: payment_to_settle; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.payment_to_settle AS
 SELECT payment.id AS payment_id
   FROM public.payment
  WHERE (payment.due_at <= now())
UNION
 SELECT refund.payment_id
   FROM public.refund
  WHERE ((refund.status = ANY (ARRAY['requested'::text, 'pending'::text])) AND (refund.due_at <= now()));


--
-- Name: VIEW payment_to_settle; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON VIEW public.payment_to_settle IS 'Payments about which PayPal is to be asked, or told of a refund.';


--
-- Name: receipt; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.receipt (
    account_id integer NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    answer bytea,
    payment_id integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE receipt; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.receipt IS 'One for each request that was done under an Idempotency-Key; good for 24 hours.';


--
-- Name: COLUMN receipt.route; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.receipt.route IS 'The operation''s id, and the ids in its path.';


--
-- Name: COLUMN receipt.key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.receipt.key IS 'The Idempotency-Key, chosen by the client.';


--
-- Name: COLUMN receipt.fingerprint; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.receipt.fingerprint IS 'SHA-256 of the body: another one under this key is refused.';


--
-- Name: COLUMN receipt.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.receipt.status IS 'HTTP status of the answer.';


--
-- Name: COLUMN receipt.answer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.receipt.answer IS 'The answer''s body, to be given again byte for byte.';


--
-- Name: COLUMN receipt.payment_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.receipt.payment_id IS 'In place of an answer: the payment that the key is bound to.';


--
-- Name: COLUMN receipt.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.receipt.created_at IS 'When it was done.';


--
-- Name: refresh_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refresh_token (
    token_hash bytea NOT NULL,
    account_id integer NOT NULL,
    family uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE refresh_token; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.refresh_token IS 'Refresh tokens, each good for one use; all that came of one login are a family.';


--
-- Name: COLUMN refresh_token.token_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refresh_token.token_hash IS 'SHA-256; the token itself is kept nowhere.';


--
-- Name: COLUMN refresh_token.family; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refresh_token.family IS 'The login that it came of.';


--
-- Name: COLUMN refresh_token.used_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refresh_token.used_at IS 'When it was exchanged; a second use ends the family.';


--
-- Name: COLUMN refresh_token.revoked_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refresh_token.revoked_at IS 'When its family was ended.';


--
-- Name: COLUMN refresh_token.created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.refresh_token.created_at IS 'When it was given out.';


--
-- Name: refund_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.refund ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.refund_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: time_off_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.time_off ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.time_off_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: time_zone; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.time_zone (
    name text NOT NULL
);


--
-- Name: TABLE time_zone; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.time_zone IS 'The IANA time zones that this PostgreSQL can compute with.';


--
-- Name: COLUMN time_zone.name; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.time_zone.name IS 'IANA name, e.g. Europe/Berlin.';


--
-- Name: waitlist_entry_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.waitlist_entry ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.waitlist_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: webhook_event; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhook_event (
    id text NOT NULL,
    kind text NOT NULL,
    payment_id integer,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE webhook_event; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.webhook_event IS 'PayPal''s news, each once. It only says what to ask about: the payment it names is looked up.';


--
-- Name: COLUMN webhook_event.id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_event.id IS 'PayPal''s id of the event.';


--
-- Name: COLUMN webhook_event.kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_event.kind IS 'PayPal''s event_type.';


--
-- Name: COLUMN webhook_event.payment_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_event.payment_id IS 'None: about something that is not ours.';


--
-- Name: COLUMN webhook_event.received_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.webhook_event.received_at IS 'When it came.';


--
-- Name: working_hours; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.working_hours (
    id integer NOT NULL,
    doctor_id integer NOT NULL,
    weekday smallint NOT NULL,
    start_minute smallint NOT NULL,
    end_minute smallint NOT NULL,
    CONSTRAINT working_hours_minutes_valid CHECK (((start_minute >= 0) AND (start_minute < end_minute) AND (end_minute <= 1440))),
    CONSTRAINT working_hours_weekday_valid CHECK (((weekday >= 1) AND (weekday <= 7)))
);


--
-- Name: TABLE working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.working_hours IS 'When a doctor works: intervals of the local day, week by week. None crosses midnight.';


--
-- Name: COLUMN working_hours.weekday; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.working_hours.weekday IS 'ISO: 1 Monday to 7 Sunday.';


--
-- Name: COLUMN working_hours.start_minute; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.working_hours.start_minute IS 'Minutes after local midnight, 0 to 1439.';


--
-- Name: COLUMN working_hours.end_minute; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.working_hours.end_minute IS 'Minutes after local midnight, up to 1440.';


--
-- Name: CONSTRAINT working_hours_minutes_valid ON working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT working_hours_minutes_valid ON public.working_hours IS 'Working hours begin before they end, within one day.';


--
-- Name: CONSTRAINT working_hours_weekday_valid ON working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT working_hours_weekday_valid ON public.working_hours IS 'A weekday is 1 (Monday) to 7 (Sunday).';


--
-- Name: working_hours_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.working_hours ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.working_hours_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: account account_id_role_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_id_role_unique UNIQUE (id, role);


--
-- Name: CONSTRAINT account_id_role_unique ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT account_id_role_unique ON public.account IS 'An account has one role, to which its profile refers.';


--
-- Name: account account_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);


--
-- Name: account_token account_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_pkey PRIMARY KEY (token_hash);


--
-- Name: appointment appointment_doctor_no_overlap; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_doctor_no_overlap EXCLUDE USING gist (doctor_id WITH =, during WITH &&) WHERE ((status = ANY (ARRAY['offered'::text, 'pending'::text, 'confirmed'::text])));


--
-- Name: CONSTRAINT appointment_doctor_no_overlap ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_doctor_no_overlap ON public.appointment IS 'A doctor is never double-booked, nor by overlapping times.';


--
-- Name: appointment appointment_patient_no_overlap; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_patient_no_overlap EXCLUDE USING gist (patient_id WITH =, during WITH &&) WHERE ((status = ANY (ARRAY['offered'::text, 'pending'::text, 'confirmed'::text])));


--
-- Name: CONSTRAINT appointment_patient_no_overlap ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_patient_no_overlap ON public.appointment IS 'A patient is never in two places at once.';


--
-- Name: appointment appointment_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_pkey PRIMARY KEY (id);


--
-- Name: calendar_feed calendar_feed_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_feed
    ADD CONSTRAINT calendar_feed_pkey PRIMARY KEY (account_id);


--
-- Name: coming_mail coming_mail_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coming_mail
    ADD CONSTRAINT coming_mail_pkey PRIMARY KEY (appointment_id, kind);


--
-- Name: doctor doctor_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.doctor
    ADD CONSTRAINT doctor_pkey PRIMARY KEY (account_id);


--
-- Name: history history_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.history
    ADD CONSTRAINT history_pkey PRIMARY KEY (object_kind, object_id, number);


--
-- Name: notification notification_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (id);


--
-- Name: offer offer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.offer
    ADD CONSTRAINT offer_pkey PRIMARY KEY (id);


--
-- Name: offer_token offer_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.offer_token
    ADD CONSTRAINT offer_token_pkey PRIMARY KEY (token_hash);


--
-- Name: patient patient_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_pkey PRIMARY KEY (account_id);


--
-- Name: payment payment_capture_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_capture_unique UNIQUE (capture_id);


--
-- Name: CONSTRAINT payment_capture_unique ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT payment_capture_unique ON public.payment IS 'A capture at PayPal pays once.';


--
-- Name: payment payment_order_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_order_unique UNIQUE (order_id);


--
-- Name: CONSTRAINT payment_order_unique ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT payment_order_unique ON public.payment IS 'An order at PayPal is of one payment.';


--
-- Name: payment payment_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (id);


--
-- Name: payment payment_reference_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_reference_unique UNIQUE (reference);


--
-- Name: CONSTRAINT payment_reference_unique ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT payment_reference_unique ON public.payment IS 'Every payment has a reference of its own.';


--
-- Name: policy policy_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.policy
    ADD CONSTRAINT policy_pkey PRIMARY KEY (id);


--
-- Name: receipt receipt_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (account_id, route, key);


--
-- Name: refresh_token refresh_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refresh_token
    ADD CONSTRAINT refresh_token_pkey PRIMARY KEY (token_hash);


--
-- Name: refund refund_paypal_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_paypal_unique UNIQUE (paypal_id);


--
-- Name: CONSTRAINT refund_paypal_unique ON refund; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT refund_paypal_unique ON public.refund IS 'A refund at PayPal is of one refund here.';


--
-- Name: refund refund_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (id);


--
-- Name: time_off time_off_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.time_off
    ADD CONSTRAINT time_off_pkey PRIMARY KEY (id);


--
-- Name: time_zone time_zone_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.time_zone
    ADD CONSTRAINT time_zone_pkey PRIMARY KEY (name);


--
-- Name: waitlist_entry waitlist_entry_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waitlist_entry
    ADD CONSTRAINT waitlist_entry_pkey PRIMARY KEY (id);


--
-- Name: webhook_event webhook_event_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_event
    ADD CONSTRAINT webhook_event_pkey PRIMARY KEY (id);


--
-- Name: working_hours working_hours_no_overlap; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.working_hours
    ADD CONSTRAINT working_hours_no_overlap EXCLUDE USING gist (doctor_id WITH =, weekday WITH =, int4range((start_minute)::integer, (end_minute)::integer) WITH &&);


--
-- Name: CONSTRAINT working_hours_no_overlap ON working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT working_hours_no_overlap ON public.working_hours IS 'A doctor''s working hours never overlap.';


--
-- Name: working_hours working_hours_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.working_hours
    ADD CONSTRAINT working_hours_pkey PRIMARY KEY (id);


--
-- Name: account_email_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX account_email_unique ON public.account USING btree (lower(email));


--
-- Name: INDEX account_email_unique; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.account_email_unique IS 'Email addresses differ by more than their case.';


--
-- Name: account_token_expiring; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX account_token_expiring ON public.account_token USING btree (expires_at);


--
-- Name: account_token_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX account_token_of_account ON public.account_token USING btree (account_id);


--
-- Name: account_username_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX account_username_unique ON public.account USING btree (lower(username));


--
-- Name: INDEX account_username_unique; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.account_username_unique IS 'Usernames differ by more than their case.';


--
-- Name: appointment_by_doctor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX appointment_by_doctor ON public.appointment USING btree (doctor_id, lower(during), id);


--
-- Name: appointment_by_patient; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX appointment_by_patient ON public.appointment USING btree (patient_id, lower(during), id);


--
-- Name: appointment_doctor_seat; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX appointment_doctor_seat ON public.appointment USING btree (doctor_id, seat) WHERE (seat IS NOT NULL);


--
-- Name: INDEX appointment_doctor_seat; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.appointment_doctor_seat IS 'No two active appointments of a doctor have the same seat.';


--
-- Name: appointment_finishing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX appointment_finishing ON public.appointment USING btree (upper(during)) WHERE (status = 'confirmed'::text);


--
-- Name: appointment_lapsing_hold; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX appointment_lapsing_hold ON public.appointment USING btree (hold_expires_at) WHERE (status = 'pending'::text);


--
-- Name: appointment_on_offer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX appointment_on_offer ON public.appointment USING btree (doctor_id, id) WHERE (status = 'offered'::text);


--
-- Name: calendar_feed_token_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX calendar_feed_token_unique ON public.calendar_feed USING btree (token_hash);


--
-- Name: INDEX calendar_feed_token_unique; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.calendar_feed_token_unique IS 'Every calendar link is another.';


--
-- Name: coming_mail_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX coming_mail_due ON public.coming_mail USING btree (due_at);


--
-- Name: doctor_full_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX doctor_full_name ON public.doctor USING gin (lower(full_name) public.gin_trgm_ops);


--
-- Name: doctor_specialty; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX doctor_specialty ON public.doctor USING btree (lower(specialty), account_id);


--
-- Name: history_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX history_by_time ON public.history USING btree (object_kind, changed_at);


--
-- Name: notification_batch; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX notification_batch ON public.notification USING btree (batch, account_id) WHERE (batch IS NOT NULL);


--
-- Name: INDEX notification_batch; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.notification_batch IS 'One act is told each account in one mail.';


--
-- Name: notification_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX notification_due ON public.notification USING btree (due_at, id) WHERE (status = 'queued'::text);


--
-- Name: notification_failed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX notification_failed ON public.notification USING btree (id) WHERE (status = 'failed'::text);


--
-- Name: notification_in_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX notification_in_line ON public.notification USING btree (account_id, id) WHERE (status = 'queued'::text);


--
-- Name: notification_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX notification_of_account ON public.notification USING btree (account_id, id);


--
-- Name: notification_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX notification_once ON public.notification USING btree (appointment_id, appointment_version, kind, account_id, payment_id, offer_id) NULLS NOT DISTINCT WHERE (appointment_id IS NOT NULL);


--
-- Name: INDEX notification_once; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.notification_once IS 'An account is told of one version of an appointment once.';


--
-- Name: notification_to_purge; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX notification_to_purge ON public.notification USING btree (created_at) WHERE ((status <> 'queued'::text) AND ((outcome IS NOT NULL) OR (snapshot IS NOT NULL) OR (request_id IS NOT NULL)));


--
-- Name: offer_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX offer_due ON public.offer USING btree (due_at) WHERE (status = ANY (ARRAY['queued'::text, 'sent'::text]));


--
-- Name: offer_of_appointment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX offer_of_appointment ON public.offer USING btree (appointment_id, wave);


--
-- Name: offer_of_entry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX offer_of_entry ON public.offer USING btree (waitlist_entry_id, id);


--
-- Name: offer_one_live; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX offer_one_live ON public.offer USING btree (waitlist_entry_id) WHERE (status = ANY (ARRAY['queued'::text, 'sent'::text]));


--
-- Name: INDEX offer_one_live; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.offer_one_live IS 'Nobody who waits has two offers at once.';


--
-- Name: offer_token_of_offer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX offer_token_of_offer ON public.offer_token USING btree (offer_id);


--
-- Name: payment_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payment_due ON public.payment USING btree (due_at) WHERE (due_at IS NOT NULL);


--
-- Name: payment_of_appointment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payment_of_appointment ON public.payment USING btree (appointment_id);


--
-- Name: payment_one_capture; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX payment_one_capture ON public.payment USING btree (appointment_id) WHERE ((status = ANY (ARRAY['capturing'::text, 'pending_review'::text, 'captured'::text, 'partially_refunded'::text, 'refunded'::text])) AND (NOT without_slot));


--
-- Name: INDEX payment_one_capture; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.payment_one_capture IS 'An appointment is paid once.';


--
-- Name: payment_to_look_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payment_to_look_at ON public.payment USING btree (id) WHERE (attention IS NOT NULL);


--
-- Name: payment_undecided; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payment_undecided ON public.payment USING btree (updated_at) WHERE (status = ANY (ARRAY['capturing'::text, 'pending_review'::text]));


--
-- Name: receipt_expiring; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX receipt_expiring ON public.receipt USING btree (created_at);


--
-- Name: refresh_token_expiring; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refresh_token_expiring ON public.refresh_token USING btree (expires_at);


--
-- Name: refresh_token_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refresh_token_of_account ON public.refresh_token USING btree (account_id);


--
-- Name: refresh_token_of_family; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refresh_token_of_family ON public.refresh_token USING btree (family);


--
-- Name: refund_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refund_due ON public.refund USING btree (due_at) WHERE (status = ANY (ARRAY['requested'::text, 'pending'::text]));


--
-- Name: refund_failed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refund_failed ON public.refund USING btree (payment_id) WHERE (status = 'failed'::text);


--
-- Name: refund_of_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refund_of_payment ON public.refund USING btree (payment_id);


--
-- Name: time_off_of_doctor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX time_off_of_doctor ON public.time_off USING gist (doctor_id, during);


--
-- Name: waitlist_entry_by_doctor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX waitlist_entry_by_doctor ON public.waitlist_entry USING btree (doctor_id, id);


--
-- Name: waitlist_entry_by_patient; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX waitlist_entry_by_patient ON public.waitlist_entry USING btree (patient_id, id);


--
-- Name: waitlist_entry_queue; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX waitlist_entry_queue ON public.waitlist_entry USING btree (doctor_id, priority_class, id) WHERE (status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text]));


--
-- Name: waitlist_entry_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX waitlist_entry_unique ON public.waitlist_entry USING btree (doctor_id, patient_id, desired_date) NULLS NOT DISTINCT WHERE (status = ANY (ARRAY['waiting'::text, 'offered'::text, 'paused'::text]));


--
-- Name: INDEX waitlist_entry_unique; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON INDEX public.waitlist_entry_unique IS 'Nobody waits twice for the same doctor and day.';


--
-- Name: working_hours_of_day; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX working_hours_of_day ON public.working_hours USING btree (weekday, doctor_id) INCLUDE (start_minute, end_minute);


--
-- Name: account tg_account__history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_account__history AFTER INSERT OR UPDATE ON public.account FOR EACH ROW EXECUTE FUNCTION public.tg_any__history();


--
-- Name: TRIGGER tg_account__history ON account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_account__history ON public.account IS 'Records the account''s role and status.';


--
-- Name: appointment tg_appointment__actor; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_appointment__actor BEFORE INSERT OR UPDATE ON public.appointment FOR EACH STATEMENT EXECUTE FUNCTION public.tg_any__actor();


--
-- Name: TRIGGER tg_appointment__actor ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_appointment__actor ON public.appointment IS 'Whoever writes here directly acts as admin.';


--
-- Name: appointment tg_appointment__history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_appointment__history AFTER INSERT OR UPDATE ON public.appointment FOR EACH ROW EXECUTE FUNCTION public.tg_any__history();


--
-- Name: TRIGGER tg_appointment__history ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_appointment__history ON public.appointment IS 'Records who, when and what status.';


--
-- Name: appointment tg_appointment__outbox; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_appointment__outbox AFTER INSERT OR UPDATE ON public.appointment FOR EACH ROW EXECUTE FUNCTION public.tg_appointment__outbox();


--
-- Name: TRIGGER tg_appointment__outbox ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_appointment__outbox ON public.appointment IS 'Writes the outbox in the transaction of the event.';


--
-- Name: appointment tg_appointment__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_appointment__rules BEFORE INSERT OR UPDATE ON public.appointment FOR EACH ROW EXECUTE FUNCTION public.tg_appointment__rules();


--
-- Name: TRIGGER tg_appointment__rules ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_appointment__rules ON public.appointment IS 'Lock the doctor, read the clock, then: transition, window, hours, overlap, hold limit, cap and seat, notice, payment.';


--
-- Name: appointment tg_appointment__waitlist; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tg_appointment__waitlist AFTER UPDATE ON public.appointment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.seat IS NOT NULL) AND ((new.status = 'canceled'::text) OR (new.during <> old.during)))) EXECUTE FUNCTION public.tg_appointment__waitlist();


--
-- Name: TRIGGER tg_appointment__waitlist ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_appointment__waitlist ON public.appointment IS 'At the end of the transaction: a canceled or moved appointment''s place goes to the waitlist.';


--
-- Name: doctor tg_doctor__hours; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tg_doctor__hours AFTER UPDATE OF timezone ON public.doctor DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.timezone <> new.timezone)) EXECUTE FUNCTION public.tg_working_hours__rules();


--
-- Name: TRIGGER tg_doctor__hours ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_doctor__hours ON public.doctor IS 'At the end of the transaction: a new zone leaves no appointment outside the hours.';


--
-- Name: doctor tg_doctor__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_doctor__rules BEFORE INSERT OR UPDATE OF fee, currency ON public.doctor FOR EACH ROW EXECUTE FUNCTION public.tg_doctor__rules();


--
-- Name: TRIGGER tg_doctor__rules ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_doctor__rules ON public.doctor IS 'Fee and currency: the policy''s where none is given, and only allowed ones.';


--
-- Name: doctor tg_doctor__waitlist; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tg_doctor__waitlist AFTER UPDATE ON public.doctor DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((((((old.timezone IS DISTINCT FROM new.timezone) OR (old.slot_minutes IS DISTINCT FROM new.slot_minutes)) OR (old.buffer_minutes IS DISTINCT FROM new.buffer_minutes)) OR (old.max_appointments IS DISTINCT FROM new.max_appointments)) OR (old.verified_at IS DISTINCT FROM new.verified_at)) OR (old.disabled_at IS DISTINCT FROM new.disabled_at))) EXECUTE FUNCTION public.tg_schedule__waitlist();


--
-- Name: TRIGGER tg_doctor__waitlist ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_doctor__waitlist ON public.doctor IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';


--
-- Name: offer tg_offer__entry; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_offer__entry AFTER INSERT OR UPDATE OF status ON public.offer FOR EACH ROW EXECUTE FUNCTION public.tg_offer__entry();


--
-- Name: TRIGGER tg_offer__entry ON offer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_offer__entry ON public.offer IS 'The entry and the mails follow.';


--
-- Name: offer tg_offer__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_offer__rules BEFORE UPDATE ON public.offer FOR EACH ROW EXECUTE FUNCTION public.tg_offer__rules();


--
-- Name: TRIGGER tg_offer__rules ON offer; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_offer__rules ON public.offer IS 'What never changes, then the transition.';


--
-- Name: payment tg_payment__history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_payment__history AFTER INSERT OR UPDATE ON public.payment FOR EACH ROW EXECUTE FUNCTION public.tg_any__history();


--
-- Name: TRIGGER tg_payment__history ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_payment__history ON public.payment IS 'Records the payment''s status.';


--
-- Name: payment tg_payment__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_payment__rules BEFORE INSERT OR UPDATE ON public.payment FOR EACH ROW EXECUTE FUNCTION public.tg_payment__rules();


--
-- Name: TRIGGER tg_payment__rules ON payment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_payment__rules ON public.payment IS 'Transition, what never changes, amount, hold; then the next look.';


--
-- Name: policy tg_policy__actor; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_policy__actor BEFORE UPDATE ON public.policy FOR EACH STATEMENT EXECUTE FUNCTION public.tg_any__actor();


--
-- Name: TRIGGER tg_policy__actor ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_policy__actor ON public.policy IS 'Whoever writes here directly acts as admin.';


--
-- Name: policy tg_policy__history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_policy__history AFTER INSERT OR UPDATE ON public.policy FOR EACH ROW EXECUTE FUNCTION public.tg_any__history();


--
-- Name: TRIGGER tg_policy__history ON policy; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_policy__history ON public.policy IS 'Records every number of the policy.';


--
-- Name: refund tg_refund__history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_refund__history AFTER INSERT OR UPDATE ON public.refund FOR EACH ROW EXECUTE FUNCTION public.tg_any__history();


--
-- Name: TRIGGER tg_refund__history ON refund; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_refund__history ON public.refund IS 'Records the refund''s status.';


--
-- Name: refund tg_refund__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_refund__rules BEFORE INSERT OR UPDATE ON public.refund FOR EACH ROW EXECUTE FUNCTION public.tg_refund__rules();


--
-- Name: TRIGGER tg_refund__rules ON refund; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_refund__rules ON public.refund IS 'Transition, what never changes, and payment_refund_within_capture by the payment''s sum.';


--
-- Name: refund tg_refund__settle; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_refund__settle AFTER UPDATE ON public.refund FOR EACH ROW WHEN (((new.status = 'completed'::text) AND (old.status <> 'completed'::text))) EXECUTE FUNCTION public.tg_refund__settle();


--
-- Name: TRIGGER tg_refund__settle ON refund; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_refund__settle ON public.refund IS 'A completed refund changes its payment and is mailed.';


--
-- Name: time_off tg_time_off__lock; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_time_off__lock BEFORE INSERT OR UPDATE ON public.time_off FOR EACH ROW EXECUTE FUNCTION public.tg_time_off__lock();


--
-- Name: TRIGGER tg_time_off__lock ON time_off; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_time_off__lock ON public.time_off IS 'The doctor''s lock, as for every change of the schedule.';


--
-- Name: time_off tg_time_off__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tg_time_off__rules AFTER INSERT OR UPDATE ON public.time_off DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.tg_time_off__rules();


--
-- Name: TRIGGER tg_time_off__rules ON time_off; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_time_off__rules ON public.time_off IS 'At the end of the transaction: no appointment that somebody holds is covered.';


--
-- Name: time_off tg_time_off__waitlist; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tg_time_off__waitlist AFTER INSERT OR DELETE OR UPDATE ON public.time_off DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.tg_schedule__waitlist();


--
-- Name: TRIGGER tg_time_off__waitlist ON time_off; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_time_off__waitlist ON public.time_off IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';


--
-- Name: waitlist_entry tg_waitlist_entry__actor; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_waitlist_entry__actor BEFORE INSERT OR UPDATE ON public.waitlist_entry FOR EACH STATEMENT EXECUTE FUNCTION public.tg_any__actor();


--
-- Name: TRIGGER tg_waitlist_entry__actor ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_waitlist_entry__actor ON public.waitlist_entry IS 'Whoever writes here directly acts as admin.';


--
-- Name: waitlist_entry tg_waitlist_entry__history; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_waitlist_entry__history AFTER INSERT OR UPDATE ON public.waitlist_entry FOR EACH ROW EXECUTE FUNCTION public.tg_any__history();


--
-- Name: TRIGGER tg_waitlist_entry__history ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_waitlist_entry__history ON public.waitlist_entry IS 'Records who waits for whom, and the status.';


--
-- Name: waitlist_entry tg_waitlist_entry__offers; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_waitlist_entry__offers AFTER UPDATE OF status ON public.waitlist_entry FOR EACH ROW WHEN (((old.status = 'offered'::text) AND (new.status = ANY (ARRAY['fulfilled'::text, 'left'::text, 'lapsed'::text])))) EXECUTE FUNCTION public.tg_waitlist_entry__offers();


--
-- Name: TRIGGER tg_waitlist_entry__offers ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_waitlist_entry__offers ON public.waitlist_entry IS 'Whoever no longer waits is no longer offered anything.';


--
-- Name: waitlist_entry tg_waitlist_entry__outbox; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_waitlist_entry__outbox AFTER INSERT ON public.waitlist_entry FOR EACH ROW EXECUTE FUNCTION public.tg_waitlist_entry__outbox();


--
-- Name: TRIGGER tg_waitlist_entry__outbox ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_waitlist_entry__outbox ON public.waitlist_entry IS 'Writes the outbox in the transaction of the event.';


--
-- Name: waitlist_entry tg_waitlist_entry__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_waitlist_entry__rules BEFORE INSERT OR UPDATE ON public.waitlist_entry FOR EACH ROW EXECUTE FUNCTION public.tg_waitlist_entry__rules();


--
-- Name: TRIGGER tg_waitlist_entry__rules ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_waitlist_entry__rules ON public.waitlist_entry IS 'Lock the doctor, read the clock, then: transition, doctor verified, date inside the window, doctor full.';


--
-- Name: working_hours tg_working_hours__lock; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_working_hours__lock BEFORE INSERT OR DELETE OR UPDATE ON public.working_hours FOR EACH ROW EXECUTE FUNCTION public.tg_working_hours__lock();


--
-- Name: TRIGGER tg_working_hours__lock ON working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_working_hours__lock ON public.working_hours IS 'The doctor''s lock, as for every change of the schedule.';


--
-- Name: working_hours tg_working_hours__rules; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tg_working_hours__rules AFTER DELETE OR UPDATE ON public.working_hours DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.tg_working_hours__rules();


--
-- Name: TRIGGER tg_working_hours__rules ON working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_working_hours__rules ON public.working_hours IS 'At the end of the transaction: no appointment is left outside the hours.';


--
-- Name: working_hours tg_working_hours__waitlist; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER tg_working_hours__waitlist AFTER INSERT OR DELETE OR UPDATE ON public.working_hours DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.tg_schedule__waitlist();


--
-- Name: TRIGGER tg_working_hours__waitlist ON working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TRIGGER tg_working_hours__waitlist ON public.working_hours IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';


--
-- Name: account_token account_token_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;


--
-- Name: appointment appointment_doctor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES public.doctor(account_id);


--
-- Name: CONSTRAINT appointment_doctor_id_fkey ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_doctor_id_fkey ON public.appointment IS 'Only doctors are booked.';


--
-- Name: appointment appointment_patient_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(account_id);


--
-- Name: CONSTRAINT appointment_patient_id_fkey ON appointment; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT appointment_patient_id_fkey ON public.appointment IS 'Only patients book.';


--
-- Name: calendar_feed calendar_feed_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calendar_feed
    ADD CONSTRAINT calendar_feed_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;


--
-- Name: coming_mail coming_mail_appointment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.coming_mail
    ADD CONSTRAINT coming_mail_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);


--
-- Name: doctor doctor_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.doctor
    ADD CONSTRAINT doctor_account_id_fkey FOREIGN KEY (account_id, role) REFERENCES public.account(id, role);


--
-- Name: CONSTRAINT doctor_account_id_fkey ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_account_id_fkey ON public.doctor IS 'A doctor''s profile is of a doctor''s account.';


--
-- Name: doctor doctor_timezone_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.doctor
    ADD CONSTRAINT doctor_timezone_fkey FOREIGN KEY (timezone) REFERENCES public.time_zone(name);


--
-- Name: CONSTRAINT doctor_timezone_fkey ON doctor; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT doctor_timezone_fkey ON public.doctor IS 'A doctor''s time zone is one of the IANA database.';


--
-- Name: notification notification_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);


--
-- Name: notification notification_appointment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);


--
-- Name: notification notification_offer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES public.offer(id);


--
-- Name: notification notification_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payment(id);


--
-- Name: notification notification_waitlist_entry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_waitlist_entry_id_fkey FOREIGN KEY (waitlist_entry_id) REFERENCES public.waitlist_entry(id);


--
-- Name: offer offer_appointment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.offer
    ADD CONSTRAINT offer_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);


--
-- Name: offer_token offer_token_offer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.offer_token
    ADD CONSTRAINT offer_token_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES public.offer(id);


--
-- Name: offer offer_waitlist_entry_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.offer
    ADD CONSTRAINT offer_waitlist_entry_id_fkey FOREIGN KEY (waitlist_entry_id) REFERENCES public.waitlist_entry(id);


--
-- Name: patient patient_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_account_id_fkey FOREIGN KEY (account_id, role) REFERENCES public.account(id, role);


--
-- Name: CONSTRAINT patient_account_id_fkey ON patient; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT patient_account_id_fkey ON public.patient IS 'A patient''s profile is of a patient''s account.';


--
-- Name: patient patient_timezone_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_timezone_fkey FOREIGN KEY (timezone) REFERENCES public.time_zone(name);


--
-- Name: CONSTRAINT patient_timezone_fkey ON patient; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT patient_timezone_fkey ON public.patient IS 'A patient''s time zone is one of the IANA database.';


--
-- Name: payment payment_appointment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);


--
-- Name: receipt receipt_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;


--
-- Name: receipt receipt_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payment(id);


--
-- Name: refresh_token refresh_token_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refresh_token
    ADD CONSTRAINT refresh_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;


--
-- Name: refund refund_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payment(id);


--
-- Name: time_off time_off_doctor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.time_off
    ADD CONSTRAINT time_off_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES public.doctor(account_id) ON DELETE CASCADE;


--
-- Name: CONSTRAINT time_off_doctor_id_fkey ON time_off; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT time_off_doctor_id_fkey ON public.time_off IS 'Time off is a doctor''s.';


--
-- Name: waitlist_entry waitlist_entry_doctor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waitlist_entry
    ADD CONSTRAINT waitlist_entry_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES public.doctor(account_id);


--
-- Name: CONSTRAINT waitlist_entry_doctor_id_fkey ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT waitlist_entry_doctor_id_fkey ON public.waitlist_entry IS 'One waits for doctors only.';


--
-- Name: waitlist_entry waitlist_entry_patient_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waitlist_entry
    ADD CONSTRAINT waitlist_entry_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(account_id);


--
-- Name: CONSTRAINT waitlist_entry_patient_id_fkey ON waitlist_entry; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT waitlist_entry_patient_id_fkey ON public.waitlist_entry IS 'Only patients wait.';


--
-- Name: webhook_event webhook_event_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_event
    ADD CONSTRAINT webhook_event_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payment(id);


--
-- Name: working_hours working_hours_doctor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.working_hours
    ADD CONSTRAINT working_hours_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES public.doctor(account_id) ON DELETE CASCADE;


--
-- Name: CONSTRAINT working_hours_doctor_id_fkey ON working_hours; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON CONSTRAINT working_hours_doctor_id_fkey ON public.working_hours IS 'Working hours are a doctor''s.';


--
-- Name: SCHEMA admin; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA admin TO booking_admin;
GRANT USAGE ON SCHEMA admin TO booking_auditor;


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -
--

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO booking_app;
GRANT USAGE ON SCHEMA public TO booking_admin;
GRANT USAGE ON SCHEMA public TO booking_auditor;


--
-- Name: FUNCTION appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) TO booking_app;
GRANT ALL ON FUNCTION public.appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) TO booking_admin;
GRANT ALL ON FUNCTION public.appointment_status(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) TO booking_auditor;


--
-- Name: TABLE appointment; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.appointment TO booking_app;
GRANT SELECT ON TABLE public.appointment TO booking_admin;
GRANT SELECT ON TABLE public.appointment TO booking_auditor;


--
-- Name: COLUMN appointment.doctor_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(doctor_id) ON TABLE public.appointment TO booking_admin;


--
-- Name: COLUMN appointment.patient_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(patient_id) ON TABLE public.appointment TO booking_admin;


--
-- Name: COLUMN appointment.during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(during),UPDATE(during) ON TABLE public.appointment TO booking_admin;


--
-- Name: COLUMN appointment.status; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(status) ON TABLE public.appointment TO booking_admin;


--
-- Name: COLUMN appointment.cancel_reason; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(cancel_reason) ON TABLE public.appointment TO booking_admin;


--
-- Name: TABLE api_appointment; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.api_appointment TO booking_app;
GRANT SELECT ON TABLE public.api_appointment TO booking_admin;
GRANT SELECT ON TABLE public.api_appointment TO booking_auditor;


--
-- Name: FUNCTION bulk_cancel(doctor integer, day date, reason text, block boolean, dry_run boolean); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.bulk_cancel(doctor integer, day date, reason text, block boolean, dry_run boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.bulk_cancel(doctor integer, day date, reason text, block boolean, dry_run boolean) TO booking_admin;


--
-- Name: FUNCTION cancel_appointment(id integer, reason text, block boolean); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.cancel_appointment(id integer, reason text, block boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.cancel_appointment(id integer, reason text, block boolean) TO booking_admin;


--
-- Name: FUNCTION disable_account(id integer, reason text); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.disable_account(id integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.disable_account(id integer, reason text) TO booking_admin;


--
-- Name: FUNCTION enable_account(id integer); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.enable_account(id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.enable_account(id integer) TO booking_admin;


--
-- Name: FUNCTION explain_refusal(doctor integer, patient integer, start timestamp with time zone); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.explain_refusal(doctor integer, patient integer, start timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.explain_refusal(doctor integer, patient integer, start timestamp with time zone) TO booking_admin;


--
-- Name: FUNCTION requeue_notification(id bigint); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.requeue_notification(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.requeue_notification(id bigint) TO booking_admin;


--
-- Name: FUNCTION reschedule_appointment(id integer, start timestamp with time zone); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.reschedule_appointment(id integer, start timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.reschedule_appointment(id integer, start timestamp with time zone) TO booking_admin;


--
-- Name: TABLE refund; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.refund TO booking_app;
GRANT SELECT ON TABLE public.refund TO booking_admin;
GRANT SELECT ON TABLE public.refund TO booking_auditor;


--
-- Name: FUNCTION retry_refund(id integer); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.retry_refund(id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.retry_refund(id integer) TO booking_admin;


--
-- Name: TABLE policy; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.policy TO booking_app;
GRANT SELECT ON TABLE public.policy TO booking_admin;
GRANT SELECT ON TABLE public.policy TO booking_auditor;


--
-- Name: COLUMN policy.hold_minutes; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(hold_minutes) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.review_hours; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(review_hours) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.patient_hold_limit; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(patient_hold_limit) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.reminder_lead; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(reminder_lead) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.require_verified_doctor; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(require_verified_doctor) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.offer_first_wave; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(offer_first_wave) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.offer_min_notice; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(offer_min_notice) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.offer_waves; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(offer_waves) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.default_fee; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(default_fee) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.default_currency; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(default_currency) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.max_fee; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(max_fee) ON TABLE public.policy TO booking_admin;


--
-- Name: COLUMN policy.currencies; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(currencies) ON TABLE public.policy TO booking_admin;


--
-- Name: FUNCTION set_policy(hold_minutes integer, review_hours integer, patient_hold_limit integer, reminder_lead interval, require_verified_doctor boolean, offer_first_wave integer, offer_min_notice interval, offer_waves integer, default_fee numeric, default_currency text, max_fee numeric, currencies text[]); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.set_policy(hold_minutes integer, review_hours integer, patient_hold_limit integer, reminder_lead interval, require_verified_doctor boolean, offer_first_wave integer, offer_min_notice interval, offer_waves integer, default_fee numeric, default_currency text, max_fee numeric, currencies text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.set_policy(hold_minutes integer, review_hours integer, patient_hold_limit integer, reminder_lead interval, require_verified_doctor boolean, offer_first_wave integer, offer_min_notice interval, offer_waves integer, default_fee numeric, default_currency text, max_fee numeric, currencies text[]) TO booking_admin;


--
-- Name: FUNCTION verify_doctor(doctor integer, is_verified boolean); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.verify_doctor(doctor integer, is_verified boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION admin.verify_doctor(doctor integer, is_verified boolean) TO booking_admin;


--
-- Name: FUNCTION verify_history(); Type: ACL; Schema: admin; Owner: -
--

REVOKE ALL ON FUNCTION admin.verify_history() FROM PUBLIC;
GRANT ALL ON FUNCTION admin.verify_history() TO booking_admin;
GRANT ALL ON FUNCTION admin.verify_history() TO booking_auditor;


--
-- Name: FUNCTION account_token_lifetime(p_purpose text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.account_token_lifetime(p_purpose text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.account_token_lifetime(p_purpose text) TO booking_app;


--
-- Name: FUNCTION act_as(actor text, account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.act_as(actor text, account integer) FROM PUBLIC;


--
-- Name: FUNCTION acting_account(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.acting_account() FROM PUBLIC;


--
-- Name: FUNCTION active_appointments(p_doctor integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.active_appointments(p_doctor integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION add_time_off(p_doctor integer, p_start timestamp with time zone, p_end timestamp with time zone, p_reason text, p_cancel boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.add_time_off(p_doctor integer, p_start timestamp with time zone, p_end timestamp with time zone, p_reason text, p_cancel boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_time_off(p_doctor integer, p_start timestamp with time zone, p_end timestamp with time zone, p_reason text, p_cancel boolean) TO booking_app;


--
-- Name: FUNCTION answer_receipt(p_account integer, p_route text, p_key text, p_status integer, p_answer bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.answer_receipt(p_account integer, p_route text, p_key text, p_status integer, p_answer bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.answer_receipt(p_account integer, p_route text, p_key text, p_status integer, p_answer bytea) TO booking_app;


--
-- Name: FUNCTION appointment_booking_window(starts_at timestamp with time zone, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_booking_window(starts_at timestamp with time zone, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION appointment_cancel_notice(actor text, cancel_deadline timestamp with time zone, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_cancel_notice(actor text, cancel_deadline timestamp with time zone, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION appointment_confirmed_is_paid(a public.appointment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_confirmed_is_paid(a public.appointment) FROM PUBLIC;
GRANT ALL ON FUNCTION public.appointment_confirmed_is_paid(a public.appointment) TO booking_app;
GRANT ALL ON FUNCTION public.appointment_confirmed_is_paid(a public.appointment) TO booking_admin;
GRANT ALL ON FUNCTION public.appointment_confirmed_is_paid(a public.appointment) TO booking_auditor;


--
-- Name: TABLE doctor; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.doctor TO booking_app;
GRANT SELECT ON TABLE public.doctor TO booking_admin;
GRANT SELECT ON TABLE public.doctor TO booking_auditor;


--
-- Name: COLUMN doctor.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.doctor TO booking_app;


--
-- Name: COLUMN doctor.full_name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(full_name) ON TABLE public.doctor TO booking_app;


--
-- Name: COLUMN doctor.phone; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(phone) ON TABLE public.doctor TO booking_app;


--
-- Name: COLUMN doctor.timezone; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(timezone) ON TABLE public.doctor TO booking_app;
GRANT UPDATE(timezone) ON TABLE public.doctor TO booking_admin;


--
-- Name: COLUMN doctor.specialty; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(specialty) ON TABLE public.doctor TO booking_app;


--
-- Name: COLUMN doctor.experience_years; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(experience_years) ON TABLE public.doctor TO booking_app;


--
-- Name: COLUMN doctor.slot_minutes; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(slot_minutes) ON TABLE public.doctor TO booking_app;
GRANT UPDATE(slot_minutes) ON TABLE public.doctor TO booking_admin;


--
-- Name: COLUMN doctor.buffer_minutes; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(buffer_minutes) ON TABLE public.doctor TO booking_app;
GRANT UPDATE(buffer_minutes) ON TABLE public.doctor TO booking_admin;


--
-- Name: COLUMN doctor.fee; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(fee) ON TABLE public.doctor TO booking_app;
GRANT UPDATE(fee) ON TABLE public.doctor TO booking_admin;


--
-- Name: COLUMN doctor.currency; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(currency) ON TABLE public.doctor TO booking_app;
GRANT UPDATE(currency) ON TABLE public.doctor TO booking_admin;


--
-- Name: COLUMN doctor.max_appointments; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(max_appointments) ON TABLE public.doctor TO booking_app;
GRANT UPDATE(max_appointments) ON TABLE public.doctor TO booking_admin;


--
-- Name: FUNCTION appointment_doctor_cap(active integer, d public.doctor); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_doctor_cap(active integer, d public.doctor) FROM PUBLIC;


--
-- Name: FUNCTION appointment_doctor_no_overlap(clash boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_doctor_no_overlap(clash boolean) FROM PUBLIC;


--
-- Name: FUNCTION appointment_doctor_verified(d public.doctor, p public.policy); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_doctor_verified(d public.doctor, p public.policy) FROM PUBLIC;


--
-- Name: FUNCTION appointment_immutable(was public.appointment, becomes public.appointment, actor text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_immutable(was public.appointment, becomes public.appointment, actor text) FROM PUBLIC;


--
-- Name: FUNCTION appointment_is_active(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_is_active(status text, hold_expires_at timestamp with time zone, ends_at timestamp with time zone, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION appointment_patient_hold_limit(live_holds integer, p public.policy); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_patient_hold_limit(live_holds integer, p public.policy) FROM PUBLIC;


--
-- Name: FUNCTION appointment_patient_no_overlap(clash boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_patient_no_overlap(clash boolean) FROM PUBLIC;


--
-- Name: FUNCTION appointment_status_transition(old_status text, new_status text, hold_expires_at timestamp with time zone, during tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_status_transition(old_status text, new_status text, hold_expires_at timestamp with time zone, during tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: TABLE payment; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.payment TO booking_app;
GRANT SELECT ON TABLE public.payment TO booking_admin;
GRANT SELECT ON TABLE public.payment TO booking_auditor;


--
-- Name: COLUMN payment.attention; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(attention) ON TABLE public.payment TO booking_admin;


--
-- Name: FUNCTION appointment_to_pay(pay public.payment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_to_pay(pay public.payment) FROM PUBLIC;


--
-- Name: FUNCTION appointment_within_working_hours(d public.doctor, slot tstzrange); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.appointment_within_working_hours(d public.doctor, slot tstzrange) FROM PUBLIC;


--
-- Name: FUNCTION await_review(pay public.payment, p_capture text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.await_review(pay public.payment, p_capture text) FROM PUBLIC;


--
-- Name: FUNCTION barred_patient(p_patient integer, p_is_new boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.barred_patient(p_patient integer, p_is_new boolean) FROM PUBLIC;


--
-- Name: FUNCTION begin_capture(p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.begin_capture(p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_capture(p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text) TO booking_app;


--
-- Name: FUNCTION begin_receipt(p_account integer, p_route text, p_key text, p_fingerprint bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.begin_receipt(p_account integer, p_route text, p_key text, p_fingerprint bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_receipt(p_account integer, p_route text, p_key text, p_fingerprint bytea) TO booking_app;


--
-- Name: FUNCTION bind_receipt(p_account integer, p_route text, p_key text, p_payment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.bind_receipt(p_account integer, p_route text, p_key text, p_payment integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.bind_receipt(p_account integer, p_route text, p_key text, p_payment integer) TO booking_app;


--
-- Name: TABLE notification; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.notification TO booking_app;
GRANT SELECT ON TABLE public.notification TO booking_admin;
GRANT SELECT ON TABLE public.notification TO booking_auditor;


--
-- Name: FUNCTION blocked_until(n public.notification); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.blocked_until(n public.notification) FROM PUBLIC;


--
-- Name: FUNCTION book(p_patient integer, p_doctor integer, p_start timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.book(p_patient integer, p_doctor integer, p_start timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.book(p_patient integer, p_doctor integer, p_start timestamp with time zone) TO booking_app;


--
-- Name: FUNCTION booking_actor(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.booking_actor() FROM PUBLIC;


--
-- Name: FUNCTION booking_rules(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.booking_rules(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION broken_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.broken_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments) FROM PUBLIC;


--
-- Name: FUNCTION bulk_cancel(p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.bulk_cancel(p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.bulk_cancel(p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean) TO booking_app;


--
-- Name: FUNCTION bulk_cancel_by(p_actor text, p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.bulk_cancel_by(p_actor text, p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean) FROM PUBLIC;


--
-- Name: FUNCTION calendar_entries(p_appointments integer[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.calendar_entries(p_appointments integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.calendar_entries(p_appointments integer[]) TO booking_app;


--
-- Name: FUNCTION calendar_feed_entries(p_token bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.calendar_feed_entries(p_token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.calendar_feed_entries(p_token bytea) TO booking_app;


--
-- Name: FUNCTION cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean) TO booking_app;


--
-- Name: FUNCTION cancel_as_patient(p_patient integer, p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.cancel_as_patient(p_patient integer, p_appointment integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_as_patient(p_patient integer, p_appointment integer) TO booking_app;


--
-- Name: FUNCTION cancel_chosen(p_actor text, p_appointments integer[], p_reason text, p_block boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.cancel_chosen(p_actor text, p_appointments integer[], p_reason text, p_block boolean) FROM PUBLIC;


--
-- Name: FUNCTION cancel_payments(p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.cancel_payments(p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION cancel_together(p_actor text, p_appointments integer[], p_reason text, p_block boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.cancel_together(p_actor text, p_appointments integer[], p_reason text, p_block boolean) FROM PUBLIC;


--
-- Name: FUNCTION capture_time(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.capture_time() FROM PUBLIC;


--
-- Name: FUNCTION change_email(p_account integer, p_email text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.change_email(p_account integer, p_email text) FROM PUBLIC;


--
-- Name: TABLE waitlist_entry; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.waitlist_entry TO booking_app;
GRANT SELECT ON TABLE public.waitlist_entry TO booking_admin;
GRANT SELECT ON TABLE public.waitlist_entry TO booking_auditor;


--
-- Name: COLUMN waitlist_entry.doctor_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(doctor_id) ON TABLE public.waitlist_entry TO booking_admin;


--
-- Name: COLUMN waitlist_entry.patient_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(patient_id) ON TABLE public.waitlist_entry TO booking_admin;


--
-- Name: COLUMN waitlist_entry.desired_date; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(desired_date) ON TABLE public.waitlist_entry TO booking_admin;


--
-- Name: COLUMN waitlist_entry.status; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(status) ON TABLE public.waitlist_entry TO booking_admin;


--
-- Name: TABLE api_waitlist_entry; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.api_waitlist_entry TO booking_app;
GRANT SELECT ON TABLE public.api_waitlist_entry TO booking_admin;
GRANT SELECT ON TABLE public.api_waitlist_entry TO booking_auditor;


--
-- Name: FUNCTION change_entry_status(p_patient integer, p_entry integer, p_status text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.change_entry_status(p_patient integer, p_entry integer, p_status text) FROM PUBLIC;


--
-- Name: FUNCTION change_password(p_account integer, p_old_hash text, p_new_hash text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.change_password(p_account integer, p_old_hash text, p_new_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_password(p_account integer, p_old_hash text, p_new_hash text) TO booking_app;


--
-- Name: FUNCTION change_patient(p_patient integer, p_changes jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.change_patient(p_patient integer, p_changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_patient(p_patient integer, p_changes jsonb) TO booking_app;


--
-- Name: FUNCTION change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean) TO booking_app;


--
-- Name: FUNCTION changed_appointment(was public.appointment, becomes public.appointment, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.changed_appointment(was public.appointment, becomes public.appointment, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: COLUMN account.id; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(id) ON TABLE public.account TO booking_app;
GRANT SELECT(id) ON TABLE public.account TO booking_admin;
GRANT SELECT(id) ON TABLE public.account TO booking_auditor;


--
-- Name: COLUMN account.username; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(username),INSERT(username) ON TABLE public.account TO booking_app;
GRANT SELECT(username) ON TABLE public.account TO booking_admin;
GRANT SELECT(username) ON TABLE public.account TO booking_auditor;


--
-- Name: COLUMN account.email; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(email),INSERT(email) ON TABLE public.account TO booking_app;
GRANT SELECT(email) ON TABLE public.account TO booking_admin;
GRANT SELECT(email) ON TABLE public.account TO booking_auditor;


--
-- Name: COLUMN account.email_verified_at; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(email_verified_at) ON TABLE public.account TO booking_app;
GRANT SELECT(email_verified_at) ON TABLE public.account TO booking_admin;
GRANT SELECT(email_verified_at) ON TABLE public.account TO booking_auditor;


--
-- Name: COLUMN account.pending_email; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(pending_email) ON TABLE public.account TO booking_app;


--
-- Name: COLUMN account.password_hash; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(password_hash) ON TABLE public.account TO booking_app;


--
-- Name: COLUMN account.role; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(role),INSERT(role) ON TABLE public.account TO booking_app;
GRANT SELECT(role) ON TABLE public.account TO booking_admin;
GRANT SELECT(role) ON TABLE public.account TO booking_auditor;


--
-- Name: COLUMN account.status; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(status) ON TABLE public.account TO booking_app;
GRANT SELECT(status) ON TABLE public.account TO booking_admin;
GRANT SELECT(status) ON TABLE public.account TO booking_auditor;


--
-- Name: COLUMN account.disabled_reason; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(disabled_reason) ON TABLE public.account TO booking_admin;
GRANT SELECT(disabled_reason) ON TABLE public.account TO booking_auditor;


--
-- Name: COLUMN account.generation; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(generation) ON TABLE public.account TO booking_app;


--
-- Name: COLUMN account.created_at; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT(created_at) ON TABLE public.account TO booking_app;
GRANT SELECT(created_at) ON TABLE public.account TO booking_admin;
GRANT SELECT(created_at) ON TABLE public.account TO booking_auditor;


--
-- Name: FUNCTION mail_address(a public.account, p_kind text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.mail_address(a public.account, p_kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.mail_address(a public.account, p_kind text) TO booking_app;


--
-- Name: FUNCTION money_text(amount numeric, currency text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.money_text(amount numeric, currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.money_text(amount numeric, currency text) TO booking_app;
GRANT ALL ON FUNCTION public.money_text(amount numeric, currency text) TO booking_admin;
GRANT ALL ON FUNCTION public.money_text(amount numeric, currency text) TO booking_auditor;


--
-- Name: FUNCTION refunds_of(p_appointments integer[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refunds_of(p_appointments integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.refunds_of(p_appointments integer[]) TO booking_app;


--
-- Name: TABLE offer; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.offer TO booking_app;
GRANT SELECT ON TABLE public.offer TO booking_admin;
GRANT SELECT ON TABLE public.offer TO booking_auditor;


--
-- Name: TABLE patient; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.patient TO booking_app;
GRANT SELECT ON TABLE public.patient TO booking_admin;
GRANT SELECT ON TABLE public.patient TO booking_auditor;


--
-- Name: COLUMN patient.account_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(account_id) ON TABLE public.patient TO booking_app;


--
-- Name: COLUMN patient.full_name; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(full_name) ON TABLE public.patient TO booking_app;


--
-- Name: COLUMN patient.phone; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(phone) ON TABLE public.patient TO booking_app;


--
-- Name: COLUMN patient.timezone; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(timezone) ON TABLE public.patient TO booking_app;


--
-- Name: TABLE notification_message; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.notification_message TO booking_app;


--
-- Name: FUNCTION claim_notification(p_id bigint, p_lease interval, p_code bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.claim_notification(p_id bigint, p_lease interval, p_code bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_notification(p_id bigint, p_lease interval, p_code bytea) TO booking_app;


--
-- Name: FUNCTION claim_offer(p_patient integer, p_offer integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.claim_offer(p_patient integer, p_offer integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_offer(p_patient integer, p_offer integer) TO booking_app;


--
-- Name: FUNCTION claim_payment(p_payment integer, p_lease interval); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.claim_payment(p_payment integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_payment(p_payment integer, p_lease interval) TO booking_app;


--
-- Name: FUNCTION claim_refund(p_refund integer, p_lease interval); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.claim_refund(p_refund integer, p_lease interval) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_refund(p_refund integer, p_lease interval) TO booking_app;


--
-- Name: FUNCTION clear_cancel_reasons(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.clear_cancel_reasons(p_account integer) FROM PUBLIC;


--
-- Name: FUNCTION close_calendar_feed(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.close_calendar_feed(p_account integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.close_calendar_feed(p_account integer) TO booking_app;


--
-- Name: FUNCTION confirm_paid(pay public.payment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.confirm_paid(pay public.payment) FROM PUBLIC;


--
-- Name: FUNCTION create_payment(p_patient integer, p_appointment integer, p_amount numeric, p_currency text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.create_payment(p_patient integer, p_appointment integer, p_amount numeric, p_currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_payment(p_patient integer, p_appointment integer, p_amount numeric, p_currency text) TO booking_app;


--
-- Name: TABLE api_offer; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.api_offer TO booking_app;
GRANT SELECT ON TABLE public.api_offer TO booking_admin;
GRANT SELECT ON TABLE public.api_offer TO booking_auditor;


--
-- Name: FUNCTION decline_offer(p_patient integer, p_offer integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.decline_offer(p_patient integer, p_offer integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.decline_offer(p_patient integer, p_offer integer) TO booking_app;


--
-- Name: TABLE time_off; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.time_off TO booking_app;
GRANT SELECT,DELETE ON TABLE public.time_off TO booking_admin;
GRANT SELECT ON TABLE public.time_off TO booking_auditor;


--
-- Name: COLUMN time_off.doctor_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(doctor_id) ON TABLE public.time_off TO booking_admin;


--
-- Name: COLUMN time_off.during; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(during) ON TABLE public.time_off TO booking_admin;


--
-- Name: COLUMN time_off.reason; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(reason) ON TABLE public.time_off TO booking_admin;


--
-- Name: FUNCTION delete_time_off(p_doctor integer, p_time_off integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_time_off(p_doctor integer, p_time_off integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_time_off(p_doctor integer, p_time_off integer) TO booking_app;


--
-- Name: FUNCTION doctor_fee_allowed(d public.doctor, p public.policy); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.doctor_fee_allowed(d public.doctor, p public.policy) FROM PUBLIC;


--
-- Name: FUNCTION doctor_of(p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.doctor_of(p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION doctors_below_cap(p_specialty text, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.doctors_below_cap(p_specialty text, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION doctors_of(p_patient integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.doctors_of(p_patient integer) FROM PUBLIC;


--
-- Name: FUNCTION end_capture(pay public.payment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.end_capture(pay public.payment) FROM PUBLIC;


--
-- Name: FUNCTION end_hold_extension(pay public.payment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.end_hold_extension(pay public.payment) FROM PUBLIC;


--
-- Name: FUNCTION end_offers(d public.doctor, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.end_offers(d public.doctor, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION end_offers_of(p_patient integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.end_offers_of(p_patient integer) FROM PUBLIC;


--
-- Name: FUNCTION end_payment(p_payment integer, p_why text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.end_payment(p_payment integer, p_why text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_payment(p_payment integer, p_why text) TO booking_app;


--
-- Name: FUNCTION end_waitlist_entries(p_doctor integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.end_waitlist_entries(p_doctor integer) FROM PUBLIC;


--
-- Name: FUNCTION entries_in_line(p_doctor integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.entries_in_line(p_doctor integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION erase_account(p_account integer, p_password_hash text, p_role text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_account(p_account integer, p_password_hash text, p_role text) FROM PUBLIC;


--
-- Name: FUNCTION erase_doctor(p_doctor integer, p_password_hash text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_doctor(p_doctor integer, p_password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_doctor(p_doctor integer, p_password_hash text) TO booking_app;


--
-- Name: FUNCTION erase_patient(p_patient integer, p_password_hash text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.erase_patient(p_patient integer, p_password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_patient(p_patient integer, p_password_hash text) TO booking_app;


--
-- Name: FUNCTION explain_booking(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.explain_booking(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.explain_booking(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer) TO booking_app;
GRANT ALL ON FUNCTION public.explain_booking(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer) TO booking_admin;


--
-- Name: FUNCTION export_account(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.export_account(p_account integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.export_account(p_account integer) TO booking_app;


--
-- Name: FUNCTION extend_hold(p_appointment integer, p_until timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.extend_hold(p_appointment integer, p_until timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION finish_payment_check(p_payment integer, p_claimed timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.finish_payment_check(p_payment integer, p_claimed timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.finish_payment_check(p_payment integer, p_claimed timestamp with time zone) TO booking_app;


--
-- Name: FUNCTION first_matching_slot(w public.waitlist_entry, d public.doctor, span tstzrange, free tstzrange[], at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.first_matching_slot(w public.waitlist_entry, d public.doctor, span tstzrange, free tstzrange[], at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) TO booking_app;
GRANT ALL ON FUNCTION public.free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) TO booking_admin;
GRANT ALL ON FUNCTION public.free_slots(p_doctor integer, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) TO booking_auditor;


--
-- Name: FUNCTION fulfil_waitlist(a public.appointment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.fulfil_waitlist(a public.appointment) FROM PUBLIC;


--
-- Name: FUNCTION give_up_capture(pay public.payment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.give_up_capture(pay public.payment) FROM PUBLIC;


--
-- Name: TABLE api_payment; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.api_payment TO booking_app;
GRANT SELECT ON TABLE public.api_payment TO booking_admin;
GRANT SELECT ON TABLE public.api_payment TO booking_auditor;


--
-- Name: FUNCTION give_up_hold(p_patient integer, p_order text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.give_up_hold(p_patient integer, p_order text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_up_hold(p_patient integer, p_order text) TO booking_app;


--
-- Name: FUNCTION given_up_slots(p_doctor integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.given_up_slots(p_doctor integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION grid_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.grid_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION has_claim(w public.waitlist_entry, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.has_claim(w public.waitlist_entry, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION has_unused_offer(w public.waitlist_entry, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.has_unused_offer(w public.waitlist_entry, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION has_waitlist(p_doctor integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.has_waitlist(p_doctor integer) FROM PUBLIC;


--
-- Name: FUNCTION held_appointments(p_doctor integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.held_appointments(p_doctor integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: TABLE history; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.history TO booking_admin;
GRANT SELECT ON TABLE public.history TO booking_auditor;


--
-- Name: FUNCTION history_changes(h public.history); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_changes(h public.history) FROM PUBLIC;
GRANT ALL ON FUNCTION public.history_changes(h public.history) TO booking_app;
GRANT ALL ON FUNCTION public.history_changes(h public.history) TO booking_admin;
GRANT ALL ON FUNCTION public.history_changes(h public.history) TO booking_auditor;


--
-- Name: FUNCTION history_hash(h public.history, last_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_hash(h public.history, last_hash bytea) FROM PUBLIC;


--
-- Name: FUNCTION history_of(a public.account); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_of(a public.account) FROM PUBLIC;


--
-- Name: FUNCTION history_of(a public.appointment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_of(a public.appointment) FROM PUBLIC;


--
-- Name: FUNCTION history_of(p public.payment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_of(p public.payment) FROM PUBLIC;


--
-- Name: FUNCTION history_of(p public.policy); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_of(p public.policy) FROM PUBLIC;


--
-- Name: FUNCTION history_of(r public.refund); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_of(r public.refund) FROM PUBLIC;


--
-- Name: FUNCTION history_of(w public.waitlist_entry); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_of(w public.waitlist_entry) FROM PUBLIC;


--
-- Name: FUNCTION history_of_account(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_of_account(p_account integer) FROM PUBLIC;


--
-- Name: FUNCTION history_text(p_was jsonb, p_becomes jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.history_text(p_was jsonb, p_becomes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.history_text(p_was jsonb, p_becomes jsonb) TO booking_admin;
GRANT ALL ON FUNCTION public.history_text(p_was jsonb, p_becomes jsonb) TO booking_auditor;


--
-- Name: FUNCTION hold_for_capture(pay public.payment, p_until timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.hold_for_capture(pay public.payment, p_until timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION interval_slots(i public.working_span, zone text, slot_minutes integer, buffer_minutes integer, p_from timestamp with time zone, p_to timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.interval_slots(i public.working_span, zone text, slot_minutes integer, buffer_minutes integer, p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION is_broken_at_any_start(rule text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_broken_at_any_start(rule text) FROM PUBLIC;


--
-- Name: FUNCTION is_disabled(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_disabled(p_account integer) FROM PUBLIC;


--
-- Name: FUNCTION is_erased(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_erased(p_account integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_erased(p_account integer) TO booking_app;
GRANT ALL ON FUNCTION public.is_erased(p_account integer) TO booking_admin;
GRANT ALL ON FUNCTION public.is_erased(p_account integer) TO booking_auditor;


--
-- Name: FUNCTION is_password(p_account integer, p_password_hash text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_password(p_account integer, p_password_hash text) FROM PUBLIC;


--
-- Name: FUNCTION is_taken(p_doctor integer, slot tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_taken(p_doctor integer, slot tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION is_time_off(p_doctor integer, slot tstzrange); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_time_off(p_doctor integer, slot tstzrange) FROM PUBLIC;


--
-- Name: FUNCTION is_verified(d public.doctor, p public.policy); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_verified(d public.doctor, p public.policy) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_verified(d public.doctor, p public.policy) TO booking_app;
GRANT ALL ON FUNCTION public.is_verified(d public.doctor, p public.policy) TO booking_admin;
GRANT ALL ON FUNCTION public.is_verified(d public.doctor, p public.policy) TO booking_auditor;


--
-- Name: FUNCTION join_waitlist(p_patient integer, p_doctor integer, p_date date, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.join_waitlist(p_patient integer, p_doctor integer, p_date date, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.join_waitlist(p_patient integer, p_doctor integer, p_date date, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer) TO booking_app;


--
-- Name: FUNCTION last_notified_time(a public.appointment, p_account integer, p_old_time tstzrange); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.last_notified_time(a public.appointment, p_account integer, p_old_time tstzrange) FROM PUBLIC;


--
-- Name: FUNCTION leave_waitlist(p_patient integer, p_entry integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.leave_waitlist(p_patient integer, p_entry integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.leave_waitlist(p_patient integer, p_entry integer) TO booking_app;


--
-- Name: FUNCTION live_entries(p_patient integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.live_entries(p_patient integer) FROM PUBLIC;


--
-- Name: FUNCTION lock_doctor(p_doctor integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_doctor(p_doctor integer) FROM PUBLIC;


--
-- Name: FUNCTION lock_doctor_of(p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_doctor_of(p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION lock_entry(p_patient integer, p_entry integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_entry(p_patient integer, p_entry integer) FROM PUBLIC;


--
-- Name: FUNCTION lock_offer(p_patient integer, p_offer integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_offer(p_patient integer, p_offer integer) FROM PUBLIC;


--
-- Name: FUNCTION lock_patient_with_doctors(p_patient integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_patient_with_doctors(p_patient integer) FROM PUBLIC;


--
-- Name: FUNCTION lock_payment(p_payment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_payment(p_payment integer) FROM PUBLIC;


--
-- Name: FUNCTION log_out(p_account integer, p_token_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.log_out(p_account integer, p_token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.log_out(p_account integer, p_token_hash bytea) TO booking_app;


--
-- Name: FUNCTION lowest_free_seat(seats integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lowest_free_seat(seats integer) FROM PUBLIC;


--
-- Name: FUNCTION make_offer(a public.appointment, w public.waitlist_entry, p_wave integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.make_offer(a public.appointment, w public.waitlist_entry, p_wave integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION make_planned_offers(d public.doctor, p_freed tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.make_planned_offers(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION matches_preferences(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.matches_preferences(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION move_appointment(p_appointment integer, p_start timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.move_appointment(p_appointment integer, p_start timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION nearest_free_slots(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer, p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.nearest_free_slots(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.nearest_free_slots(p_patient integer, p_doctor integer, p_start timestamp with time zone, p_appointment integer, p_limit integer) TO booking_app;


--
-- Name: FUNCTION new_appointment(a public.appointment, d public.doctor, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.new_appointment(a public.appointment, d public.doctor, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION next_in_line(a public.appointment, d public.doctor, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.next_in_line(a public.appointment, d public.doctor, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION next_look(old_status text, new_status text, due_at timestamp with time zone, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.next_look(old_status text, new_status text, due_at timestamp with time zone, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION no_appointment(p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.no_appointment(p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION no_doctor(p_doctor integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.no_doctor(p_doctor integer) FROM PUBLIC;


--
-- Name: FUNCTION no_patient(p_patient integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.no_patient(p_patient integer) FROM PUBLIC;


--
-- Name: FUNCTION not_cancelable(p_patient integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.not_cancelable(p_patient integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.not_cancelable(p_patient integer) TO booking_app;


--
-- Name: FUNCTION notification_failed(p_id bigint, p_why text, p_permanent boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.notification_failed(p_id bigint, p_why text, p_permanent boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.notification_failed(p_id bigint, p_why text, p_permanent boolean) TO booking_app;


--
-- Name: FUNCTION notification_sent(p_id bigint); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.notification_sent(p_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.notification_sent(p_id bigint) TO booking_app;


--
-- Name: FUNCTION notification_stale(n public.notification); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.notification_stale(n public.notification) FROM PUBLIC;


--
-- Name: FUNCTION notify_account(p_kind text, a public.appointment, p_account integer, p_old_time tstzrange); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.notify_account(p_kind text, a public.appointment, p_account integer, p_old_time tstzrange) FROM PUBLIC;


--
-- Name: FUNCTION notify_of_offer(p_kind text, o public.offer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.notify_of_offer(p_kind text, o public.offer) FROM PUBLIC;


--
-- Name: FUNCTION offer_by_token(p_token_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.offer_by_token(p_token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.offer_by_token(p_token_hash bytea) TO booking_app;


--
-- Name: FUNCTION offer_immutable(was public.offer, becomes public.offer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.offer_immutable(was public.offer, becomes public.offer) FROM PUBLIC;


--
-- Name: FUNCTION offer_notice(w public.waitlist_entry); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.offer_notice(w public.waitlist_entry) FROM PUBLIC;


--
-- Name: FUNCTION offer_plan(d public.doctor, p_freed tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.offer_plan(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION offer_status_transition(old_status text, new_status text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.offer_status_transition(old_status text, new_status text) FROM PUBLIC;


--
-- Name: FUNCTION offer_superseded(o public.offer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.offer_superseded(o public.offer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION offer_wave(a public.appointment, d public.doctor, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.offer_wave(a public.appointment, d public.doctor, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION open_calendar_feed(p_account integer, p_token bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.open_calendar_feed(p_account integer, p_token bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.open_calendar_feed(p_account integer, p_token bytea) TO booking_app;


--
-- Name: FUNCTION open_offer(p_patient integer, p_doctor integer, p_start timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.open_offer(p_patient integer, p_doctor integer, p_start timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION other_appointments_of_doctor(a public.appointment, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.other_appointments_of_doctor(a public.appointment, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION other_appointments_of_patient(a public.appointment, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.other_appointments_of_patient(a public.appointment, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION password_hash_of(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.password_hash_of(p_account integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.password_hash_of(p_account integer) TO booking_app;


--
-- Name: FUNCTION password_reset_of(p_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.password_reset_of(p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.password_reset_of(p_hash bytea) TO booking_app;


--
-- Name: FUNCTION patient_is_free(p_patient integer, slot tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.patient_is_free(p_patient integer, slot tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION pause_waitlist(p_patient integer, p_entry integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.pause_waitlist(p_patient integer, p_entry integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.pause_waitlist(p_patient integer, p_entry integer) TO booking_app;


--
-- Name: FUNCTION payment_amount_matches_fee(a public.appointment, amount numeric, currency text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.payment_amount_matches_fee(a public.appointment, amount numeric, currency text) FROM PUBLIC;


--
-- Name: FUNCTION payment_appointment_payable(a public.appointment, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.payment_appointment_payable(a public.appointment, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION payment_immutable(was public.payment, becomes public.payment, by_hand boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.payment_immutable(was public.payment, becomes public.payment, by_hand boolean) FROM PUBLIC;


--
-- Name: FUNCTION payment_status_transition(old_status text, new_status text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.payment_status_transition(old_status text, new_status text) FROM PUBLIC;


--
-- Name: FUNCTION place_appointment(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.place_appointment(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION prefer_slots(p_patient integer, p_entry integer, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.prefer_slots(p_patient integer, p_entry integer, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.prefer_slots(p_patient integer, p_entry integer, p_earliest time without time zone, p_latest time without time zone, p_notice_minutes integer) TO booking_app;


--
-- Name: FUNCTION present_wave(a public.appointment, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.present_wave(a public.appointment, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION purge_codes(p_before timestamp with time zone, p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.purge_codes(p_before timestamp with time zone, p_limit integer) FROM PUBLIC;


--
-- Name: FUNCTION purge_mails(p_before timestamp with time zone, p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.purge_mails(p_before timestamp with time zone, p_limit integer) FROM PUBLIC;


--
-- Name: FUNCTION purge_payments(p_before timestamp with time zone, p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.purge_payments(p_before timestamp with time zone, p_limit integer) FROM PUBLIC;


--
-- Name: FUNCTION purge_personal_data(p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.purge_personal_data(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.purge_personal_data(p_limit integer) TO booking_app;
GRANT ALL ON FUNCTION public.purge_personal_data(p_limit integer) TO booking_admin;


--
-- Name: FUNCTION purge_reasons(p_before timestamp with time zone, p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.purge_reasons(p_before timestamp with time zone, p_limit integer) FROM PUBLIC;


--
-- Name: FUNCTION queue_code_mail(p_account integer, p_kind text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.queue_code_mail(p_account integer, p_kind text) FROM PUBLIC;


--
-- Name: FUNCTION queue_scheduled_notifications(p_limit integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.queue_scheduled_notifications(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.queue_scheduled_notifications(p_limit integer) TO booking_app;
GRANT ALL ON FUNCTION public.queue_scheduled_notifications(p_limit integer) TO booking_admin;


--
-- Name: FUNCTION receipt_lifetime(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.receipt_lifetime() FROM PUBLIC;


--
-- Name: FUNCTION receive_webhook(p_event text, p_kind text, p_names text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.receive_webhook(p_event text, p_kind text, p_names text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.receive_webhook(p_event text, p_kind text, p_names text[]) TO booking_app;


--
-- Name: FUNCTION reconcile_payments(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reconcile_payments() FROM PUBLIC;
GRANT ALL ON FUNCTION public.reconcile_payments() TO booking_app;
GRANT ALL ON FUNCTION public.reconcile_payments() TO booking_admin;


--
-- Name: FUNCTION record_capture(p_payment integer, p_capture text, p_status text, p_amount numeric, p_currency text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_capture(p_payment integer, p_capture text, p_status text, p_amount numeric, p_currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_capture(p_payment integer, p_capture text, p_status text, p_amount numeric, p_currency text) TO booking_app;


--
-- Name: FUNCTION record_change(p_kind text, p_id integer, p_was jsonb, p_becomes jsonb); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_change(p_kind text, p_id integer, p_was jsonb, p_becomes jsonb) FROM PUBLIC;


--
-- Name: FUNCTION record_decline(p_payment integer, p_request uuid, p_approval_url text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_decline(p_payment integer, p_request uuid, p_approval_url text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_decline(p_payment integer, p_request uuid, p_approval_url text) TO booking_app;


--
-- Name: FUNCTION record_order(p_payment integer, p_order text, p_approval_url text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_order(p_payment integer, p_order text, p_approval_url text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_order(p_payment integer, p_order text, p_approval_url text) TO booking_app;


--
-- Name: FUNCTION record_refund(p_refund integer, p_paypal text, p_status text, p_outcome text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_refund(p_refund integer, p_paypal text, p_status text, p_outcome text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_refund(p_refund integer, p_paypal text, p_status text, p_outcome text) TO booking_app;


--
-- Name: FUNCTION record_visit(p_doctor integer, p_appointment integer, p_status text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.record_visit(p_doctor integer, p_appointment integer, p_status text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_visit(p_doctor integer, p_appointment integer, p_status text) TO booking_app;


--
-- Name: FUNCTION recorded_actor(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.recorded_actor() FROM PUBLIC;


--
-- Name: FUNCTION refund_immutable(was public.refund, becomes public.refund); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refund_immutable(was public.refund, becomes public.refund) FROM PUBLIC;


--
-- Name: FUNCTION refund_status_transition(old_status text, new_status text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refund_status_transition(old_status text, new_status text) FROM PUBLIC;


--
-- Name: FUNCTION refuse(rule text, why text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse(rule text, why text) FROM PUBLIC;


--
-- Name: FUNCTION refuse_input(why text, hint text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_input(why text, hint text) FROM PUBLIC;


--
-- Name: FUNCTION refuse_with_hint(code text, rule text, why text, hint text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_with_hint(code text, rule text, why text, hint text) FROM PUBLIC;


--
-- Name: FUNCTION release_offered_slot(p_patient integer, p_appointment integer, p_start timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.release_offered_slot(p_patient integer, p_appointment integer, p_start timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION release_slot(p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.release_slot(p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean) TO booking_app;


--
-- Name: FUNCTION request_email_verification(p_account integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.request_email_verification(p_account integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.request_email_verification(p_account integer) TO booking_app;


--
-- Name: FUNCTION request_password_reset(p_email text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.request_password_reset(p_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.request_password_reset(p_email text) TO booking_app;


--
-- Name: FUNCTION request_refund(p_payment integer, p_reason text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.request_refund(p_payment integer, p_reason text) FROM PUBLIC;


--
-- Name: FUNCTION require_login(p_account integer, p_generation integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.require_login(p_account integer, p_generation integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.require_login(p_account integer, p_generation integer) TO booking_app;


--
-- Name: FUNCTION reschedule_as_doctor(p_doctor integer, p_appointment integer, p_start timestamp with time zone, p_block boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reschedule_as_doctor(p_doctor integer, p_appointment integer, p_start timestamp with time zone, p_block boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reschedule_as_doctor(p_doctor integer, p_appointment integer, p_start timestamp with time zone, p_block boolean) TO booking_app;


--
-- Name: FUNCTION reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamp with time zone) TO booking_app;


--
-- Name: FUNCTION reserved_slots(p_doctor integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reserved_slots(p_doctor integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION reserved_times(p_doctor integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reserved_times(p_doctor integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION reset_password(p_hash bytea, p_new_hash text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.reset_password(p_hash bytea, p_new_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reset_password(p_hash bytea, p_new_hash text) TO booking_app;


--
-- Name: FUNCTION resume_capture(p_payment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.resume_capture(p_payment integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.resume_capture(p_payment integer) TO booking_app;


--
-- Name: FUNCTION resume_waitlist(p_patient integer, p_entry integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.resume_waitlist(p_patient integer, p_entry integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.resume_waitlist(p_patient integer, p_entry integer) TO booking_app;


--
-- Name: FUNCTION retake_slot(pay public.payment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.retake_slot(pay public.payment) FROM PUBLIC;


--
-- Name: FUNCTION retire_appointments(p_doctor integer, p_patient integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.retire_appointments(p_doctor integer, p_patient integer, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION revoke_sessions(p_account integer, p_family uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.revoke_sessions(p_account integer, p_family uuid) FROM PUBLIC;


--
-- Name: FUNCTION rotate_refresh_token(p_old bytea, p_new bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.rotate_refresh_token(p_old bytea, p_new bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.rotate_refresh_token(p_old bytea, p_new bytea) TO booking_app;


--
-- Name: FUNCTION rules_with_people(p_doctor integer, p_patient integer, p_start timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.rules_with_people(p_doctor integer, p_patient integer, p_start timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION schedule_notification(p_kind text, a public.appointment, p_due timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.schedule_notification(p_kind text, a public.appointment, p_due timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION schedule_notifications(was public.appointment, a public.appointment); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.schedule_notifications(was public.appointment, a public.appointment) FROM PUBLIC;


--
-- Name: FUNCTION scheduled_notification_stale(p_kind text, a public.appointment, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.scheduled_notification_stale(p_kind text, a public.appointment, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION search_free_slots(p_specialty text, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_after timestamp with time zone, p_after_doctor integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.search_free_slots(p_specialty text, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_after timestamp with time zone, p_after_doctor integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_free_slots(p_specialty text, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_after timestamp with time zone, p_after_doctor integer) TO booking_app;
GRANT ALL ON FUNCTION public.search_free_slots(p_specialty text, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_after timestamp with time zone, p_after_doctor integer) TO booking_admin;


--
-- Name: FUNCTION serve_waitlist(p_doctor integer, p_freed tstzrange); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.serve_waitlist(p_doctor integer, p_freed tstzrange) FROM PUBLIC;


--
-- Name: FUNCTION serve_waitlist_once(p_doctor integer, p_freed tstzrange); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.serve_waitlist_once(p_doctor integer, p_freed tstzrange) FROM PUBLIC;


--
-- Name: FUNCTION set_password(p_account integer, p_new_hash text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.set_password(p_account integer, p_new_hash text) FROM PUBLIC;


--
-- Name: FUNCTION settle_affected(p_affected integer[], p_reason text, p_cancel boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.settle_affected(p_affected integer[], p_reason text, p_cancel boolean) FROM PUBLIC;


--
-- Name: FUNCTION settle_capture(pay public.payment, p_capture text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.settle_capture(pay public.payment, p_capture text) FROM PUBLIC;


--
-- Name: FUNCTION shared_hours(p_doctors public.doctors_with_same_grid[], p_from timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.shared_hours(p_doctors public.doctors_with_same_grid[], p_from timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION slot_fits(i public.working_span, zone text, starts_at timestamp with time zone, ends_at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.slot_fits(i public.working_span, zone text, starts_at timestamp with time zone, ends_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION slot_is_due(a public.appointment, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.slot_is_due(a public.appointment, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION slot_matches_entry(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.slot_matches_entry(w public.waitlist_entry, d public.doctor, slot tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION slot_on_offer(w public.waitlist_entry, d public.doctor, given integer[], at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.slot_on_offer(w public.waitlist_entry, d public.doctor, given integer[], at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION slot_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.slot_rules(a public.appointment, d public.doctor, p public.policy, at_ timestamp with time zone, of_doctor public.other_appointments, of_patient public.other_appointments) FROM PUBLIC;


--
-- Name: FUNCTION slots_hint(p_appointment integer, p_start timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.slots_hint(p_appointment integer, p_start timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION slots_to_offer(d public.doctor, p_freed tstzrange, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.slots_to_offer(d public.doctor, p_freed tstzrange, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION start_session(p_account integer, p_password_hash text, p_token_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.start_session(p_account integer, p_password_hash text, p_token_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.start_session(p_account integer, p_password_hash text, p_token_hash bytea) TO booking_app;


--
-- Name: FUNCTION stranded_appointments(d public.doctor, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.stranded_appointments(d public.doctor, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION supersede_other_offers(o public.offer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.supersede_other_offers(o public.offer) FROM PUBLIC;


--
-- Name: FUNCTION sweep_doctor(p_doctor integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sweep_doctor(p_doctor integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_doctor(p_doctor integer) TO booking_app;
GRANT ALL ON FUNCTION public.sweep_doctor(p_doctor integer) TO booking_admin;


--
-- Name: FUNCTION sweep_receipts(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sweep_receipts() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_receipts() TO booking_app;
GRANT ALL ON FUNCTION public.sweep_receipts() TO booking_admin;


--
-- Name: FUNCTION sweep_refresh_tokens(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.sweep_refresh_tokens() FROM PUBLIC;
GRANT ALL ON FUNCTION public.sweep_refresh_tokens() TO booking_app;
GRANT ALL ON FUNCTION public.sweep_refresh_tokens() TO booking_admin;


--
-- Name: FUNCTION tg_any__actor(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_any__actor() FROM PUBLIC;


--
-- Name: FUNCTION tg_any__history(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_any__history() FROM PUBLIC;


--
-- Name: FUNCTION tg_appointment__outbox(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_appointment__outbox() FROM PUBLIC;


--
-- Name: FUNCTION tg_appointment__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_appointment__rules() FROM PUBLIC;


--
-- Name: FUNCTION tg_appointment__waitlist(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_appointment__waitlist() FROM PUBLIC;


--
-- Name: FUNCTION tg_doctor__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_doctor__rules() FROM PUBLIC;


--
-- Name: FUNCTION tg_offer__entry(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_offer__entry() FROM PUBLIC;


--
-- Name: FUNCTION tg_offer__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_offer__rules() FROM PUBLIC;


--
-- Name: FUNCTION tg_payment__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_payment__rules() FROM PUBLIC;


--
-- Name: FUNCTION tg_refund__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_refund__rules() FROM PUBLIC;


--
-- Name: FUNCTION tg_refund__settle(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_refund__settle() FROM PUBLIC;


--
-- Name: FUNCTION tg_schedule__waitlist(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_schedule__waitlist() FROM PUBLIC;


--
-- Name: FUNCTION tg_time_off__lock(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_time_off__lock() FROM PUBLIC;


--
-- Name: FUNCTION tg_time_off__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_time_off__rules() FROM PUBLIC;


--
-- Name: FUNCTION tg_waitlist_entry__offers(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_waitlist_entry__offers() FROM PUBLIC;


--
-- Name: FUNCTION tg_waitlist_entry__outbox(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_waitlist_entry__outbox() FROM PUBLIC;


--
-- Name: FUNCTION tg_waitlist_entry__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_waitlist_entry__rules() FROM PUBLIC;


--
-- Name: FUNCTION tg_working_hours__lock(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_working_hours__lock() FROM PUBLIC;


--
-- Name: FUNCTION tg_working_hours__rules(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.tg_working_hours__rules() FROM PUBLIC;


--
-- Name: FUNCTION time_off_no_appointment(t public.time_off, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.time_off_no_appointment(t public.time_off, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION too_late_to_give_up(p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.too_late_to_give_up(p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION untaken_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.untaken_slots(d public.doctor, p_from timestamp with time zone, p_to timestamp with time zone, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION upcoming_appointments(p_patient integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.upcoming_appointments(p_patient integer) FROM PUBLIC;


--
-- Name: FUNCTION use_account_token(p_hash bytea, p_purpose text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.use_account_token(p_hash bytea, p_purpose text) FROM PUBLIC;


--
-- Name: FUNCTION utc_text(instant timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.utc_text(instant timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION verify_email(p_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.verify_email(p_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.verify_email(p_hash bytea) TO booking_app;


--
-- Name: FUNCTION waitlist_desired_date_window(d public.doctor, desired_date date, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.waitlist_desired_date_window(d public.doctor, desired_date date, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION waitlist_entry_immutable(was public.waitlist_entry, becomes public.waitlist_entry); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.waitlist_entry_immutable(was public.waitlist_entry, becomes public.waitlist_entry) FROM PUBLIC;


--
-- Name: FUNCTION waitlist_entry_status_transition(old_status text, new_status text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.waitlist_entry_status_transition(old_status text, new_status text) FROM PUBLIC;


--
-- Name: FUNCTION waitlist_is_due(p_doctor integer, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.waitlist_is_due(p_doctor integer, at_ timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.waitlist_is_due(p_doctor integer, at_ timestamp with time zone) TO booking_app;
GRANT ALL ON FUNCTION public.waitlist_is_due(p_doctor integer, at_ timestamp with time zone) TO booking_admin;
GRANT ALL ON FUNCTION public.waitlist_is_due(p_doctor integer, at_ timestamp with time zone) TO booking_auditor;


--
-- Name: FUNCTION waitlist_only_when_full(d public.doctor, desired_date date, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.waitlist_only_when_full(d public.doctor, desired_date date, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION was_canceled_by_doctor(w public.waitlist_entry, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.was_canceled_by_doctor(w public.waitlist_entry, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION was_claimed(p_appointment integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.was_claimed(p_appointment integer) FROM PUBLIC;


--
-- Name: FUNCTION was_offered(w public.waitlist_entry, slot tstzrange); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.was_offered(w public.waitlist_entry, slot tstzrange) FROM PUBLIC;


--
-- Name: FUNCTION wave_delay(lead interval); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.wave_delay(lead interval) FROM PUBLIC;


--
-- Name: FUNCTION withdraw_slots(d public.doctor, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.withdraw_slots(d public.doctor, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION working_hours_cover_appointments(d public.doctor, at_ timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.working_hours_cover_appointments(d public.doctor, at_ timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION working_interval(start_minute integer, end_minute integer, zone text, day date); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.working_interval(start_minute integer, end_minute integer, zone text, day date) FROM PUBLIC;


--
-- Name: FUNCTION wrong_status(p_account integer, p_status text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.wrong_status(p_account integer, p_status text) FROM PUBLIC;


--
-- Name: TABLE activity; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.activity TO booking_admin;
GRANT SELECT ON TABLE admin.activity TO booking_auditor;


--
-- Name: TABLE day_sheet; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.day_sheet TO booking_admin;
GRANT SELECT ON TABLE admin.day_sheet TO booking_auditor;


--
-- Name: TABLE doctor_load; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.doctor_load TO booking_admin;
GRANT SELECT ON TABLE admin.doctor_load TO booking_auditor;


--
-- Name: TABLE holds; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.holds TO booking_admin;
GRANT SELECT ON TABLE admin.holds TO booking_auditor;


--
-- Name: TABLE offers; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.offers TO booking_admin;
GRANT SELECT ON TABLE admin.offers TO booking_auditor;


--
-- Name: TABLE payment_attention; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.payment_attention TO booking_app;
GRANT SELECT ON TABLE public.payment_attention TO booking_admin;
GRANT SELECT ON TABLE public.payment_attention TO booking_auditor;


--
-- Name: TABLE payments_attention; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.payments_attention TO booking_admin;
GRANT SELECT ON TABLE admin.payments_attention TO booking_auditor;


--
-- Name: TABLE rule_catalogue; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.rule_catalogue TO booking_admin;
GRANT SELECT ON TABLE admin.rule_catalogue TO booking_auditor;


--
-- Name: TABLE undelivered; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.undelivered TO booking_admin;
GRANT SELECT ON TABLE admin.undelivered TO booking_auditor;


--
-- Name: TABLE waitlist; Type: ACL; Schema: admin; Owner: -
--

GRANT SELECT ON TABLE admin.waitlist TO booking_admin;
GRANT SELECT ON TABLE admin.waitlist TO booking_auditor;


--
-- Name: TABLE api_appointment_history; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.api_appointment_history TO booking_app;
GRANT SELECT ON TABLE public.api_appointment_history TO booking_admin;
GRANT SELECT ON TABLE public.api_appointment_history TO booking_auditor;


--
-- Name: TABLE api_doctor; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.api_doctor TO booking_app;
GRANT SELECT ON TABLE public.api_doctor TO booking_admin;
GRANT SELECT ON TABLE public.api_doctor TO booking_auditor;


--
-- Name: TABLE doctor_to_sweep; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.doctor_to_sweep TO booking_app;
GRANT SELECT ON TABLE public.doctor_to_sweep TO booking_admin;
GRANT SELECT ON TABLE public.doctor_to_sweep TO booking_auditor;


--
-- Name: TABLE payment_to_settle; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.payment_to_settle TO booking_app;
GRANT SELECT ON TABLE public.payment_to_settle TO booking_admin;
GRANT SELECT ON TABLE public.payment_to_settle TO booking_auditor;


--
-- Name: TABLE time_zone; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.time_zone TO booking_app;
GRANT SELECT,INSERT ON TABLE public.time_zone TO booking_admin;
GRANT SELECT ON TABLE public.time_zone TO booking_auditor;


--
-- Name: TABLE webhook_event; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.webhook_event TO booking_app;
GRANT SELECT ON TABLE public.webhook_event TO booking_admin;
GRANT SELECT ON TABLE public.webhook_event TO booking_auditor;


--
-- Name: TABLE working_hours; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.working_hours TO booking_app;
GRANT SELECT,DELETE ON TABLE public.working_hours TO booking_admin;
GRANT SELECT ON TABLE public.working_hours TO booking_auditor;


--
-- Name: COLUMN working_hours.doctor_id; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(doctor_id) ON TABLE public.working_hours TO booking_app;
GRANT INSERT(doctor_id) ON TABLE public.working_hours TO booking_admin;


--
-- Name: COLUMN working_hours.weekday; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(weekday) ON TABLE public.working_hours TO booking_app;
GRANT INSERT(weekday) ON TABLE public.working_hours TO booking_admin;


--
-- Name: COLUMN working_hours.start_minute; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(start_minute) ON TABLE public.working_hours TO booking_app;
GRANT INSERT(start_minute) ON TABLE public.working_hours TO booking_admin;


--
-- Name: COLUMN working_hours.end_minute; Type: ACL; Schema: public; Owner: -
--

GRANT INSERT(end_minute) ON TABLE public.working_hours TO booking_app;
GRANT INSERT(end_minute) ON TABLE public.working_hours TO booking_admin;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: admin; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE booking_owner IN SCHEMA admin GRANT SELECT ON TABLES TO booking_admin;
ALTER DEFAULT PRIVILEGES FOR ROLE booking_owner IN SCHEMA admin GRANT SELECT ON TABLES TO booking_auditor;


--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE booking_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;


--
-- PostgreSQL database dump complete
--


