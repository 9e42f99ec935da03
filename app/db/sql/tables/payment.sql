REVOKE ALL ON payment FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON payment TO booking_app, booking_admin, booking_auditor;
GRANT UPDATE (attention) ON payment TO booking_admin;

COMMENT ON INDEX payment_one_capture IS 'An appointment is paid at most once.';
COMMENT ON CONSTRAINT payment_refund_within_capture ON payment IS 'Refunds never exceed what was paid.';
COMMENT ON CONSTRAINT payment_amount_valid ON payment IS 'The amount of a payment is positive.';
COMMENT ON CONSTRAINT payment_capture_known ON payment IS 'A captured payment has its PayPal capture id.';
COMMENT ON CONSTRAINT payment_capture_unique ON payment IS 'A PayPal capture belongs to one payment.';
COMMENT ON CONSTRAINT payment_order_unique ON payment IS 'A PayPal order belongs to one payment.';
COMMENT ON CONSTRAINT payment_reference_unique ON payment IS 'The reference of a payment is unique.';
COMMENT ON CONSTRAINT payment_status_valid ON payment IS 'A payment has a known status.';

CREATE OR REPLACE TRIGGER tg_payment__history
AFTER INSERT OR UPDATE ON payment
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_payment__history ON payment IS 'Records the payment''s status.';

CREATE OR REPLACE TRIGGER tg_payment__rules
BEFORE INSERT OR UPDATE ON payment
FOR EACH ROW EXECUTE FUNCTION tg_payment__rules();
COMMENT ON TRIGGER tg_payment__rules ON payment IS 'Checks the status transition, the immutable columns, the amount and the hold, and schedules the next check.';
