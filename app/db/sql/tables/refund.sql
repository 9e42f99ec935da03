REVOKE ALL ON refund FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON refund TO booking_app, booking_admin, booking_auditor;

COMMENT ON CONSTRAINT refund_amount_valid ON refund IS 'A refund is of more than nothing.';
COMMENT ON CONSTRAINT refund_paypal_unique ON refund IS 'A refund at PayPal is of one refund here.';
COMMENT ON CONSTRAINT refund_status_valid ON refund IS 'A refund has a status that there is.';

CREATE OR REPLACE TRIGGER tg_refund__history
AFTER INSERT OR UPDATE ON refund
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_refund__history ON refund IS 'Records the refund''s status.';

CREATE OR REPLACE TRIGGER tg_refund__rules
BEFORE INSERT OR UPDATE ON refund
FOR EACH ROW EXECUTE FUNCTION tg_refund__rules();
COMMENT ON TRIGGER tg_refund__rules ON refund IS 'Transition, what never changes, and payment_refund_within_capture by the payment''s sum.';

CREATE OR REPLACE TRIGGER tg_refund__settle
AFTER UPDATE ON refund
FOR EACH ROW WHEN (new.status = 'completed' AND old.status <> 'completed')
EXECUTE FUNCTION tg_refund__settle();
COMMENT ON TRIGGER tg_refund__settle ON refund IS 'A completed refund changes its payment and is mailed.';
