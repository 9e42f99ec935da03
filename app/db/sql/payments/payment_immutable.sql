-- One exception: a payment moves to a new appointment when its lapsed slot is booked again, for the same doctor, patient and time.
CREATE OR REPLACE FUNCTION payment_immutable(was payment, becomes payment, by_hand boolean) RETURNS text
LANGUAGE sql STABLE AS $$
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
        -- decided once, when the money is captured
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
COMMENT ON FUNCTION payment_immutable(payment, payment, boolean) IS
'The appointment, amount and PayPal ids of a payment never change. Returns why one row may not become the other, or NULL if it may. by_hand is false for the trigger that adds up refunds.';
