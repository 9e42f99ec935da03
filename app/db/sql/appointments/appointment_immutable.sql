-- The id and doctor of an appointment never change. The patient changes once, from none, when an offer is claimed.
-- Only triggers set the seat, deadlines, fee and version; a payment can also set hold_expires_at.
CREATE OR REPLACE FUNCTION appointment_immutable(was appointment, becomes appointment, actor text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'These columns of an appointment cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('doctor_id', was.doctor_id <> becomes.doctor_id),
        (
            'patient_id',
            was.patient_id IS DISTINCT FROM becomes.patient_id AND (was.patient_id IS NOT NULL OR was.status <> 'offered')
        ),
        -- an offer is for this time
        ('during', was.during <> becomes.during AND was.status = 'offered'),
        ('seat', was.seat IS DISTINCT FROM becomes.seat),
        -- a payment extends the hold while PayPal captures the money
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
COMMENT ON FUNCTION appointment_immutable(appointment, appointment, text) IS
'The doctor of an appointment never changes, nor does the patient once there is one. Returns why one row cannot become the other, or NULL.';
