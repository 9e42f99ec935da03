REVOKE ALL ON payment FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON payment TO booking_app, booking_admin, booking_auditor;
GRANT UPDATE (attention) ON payment TO booking_admin;

COMMENT ON INDEX payment_one_capture IS 'An appointment is paid once.';
COMMENT ON CONSTRAINT payment_refund_within_capture ON payment IS 'Refunds never exceed what was paid.';
COMMENT ON CONSTRAINT payment_amount_valid ON payment IS 'A payment is of more than nothing.';
COMMENT ON CONSTRAINT payment_capture_known ON payment IS 'What was taken is known by PayPal''s name for it.';
COMMENT ON CONSTRAINT payment_capture_unique ON payment IS 'A capture at PayPal pays once.';
COMMENT ON CONSTRAINT payment_order_unique ON payment IS 'An order at PayPal is of one payment.';
COMMENT ON CONSTRAINT payment_reference_unique ON payment IS 'Every payment has a reference of its own.';
COMMENT ON CONSTRAINT payment_status_valid ON payment IS 'A payment has a status that there is.';

CREATE OR REPLACE TRIGGER tg_payment__history
AFTER INSERT OR UPDATE ON payment
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_payment__history ON payment IS 'Records the payment''s status.';

CREATE OR REPLACE TRIGGER tg_payment__rules
BEFORE INSERT OR UPDATE ON payment
FOR EACH ROW EXECUTE FUNCTION tg_payment__rules();
COMMENT ON TRIGGER tg_payment__rules ON payment IS 'Transition, what never changes, amount, hold; then the next look.';
