REVOKE ALL ON refund FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON refund TO booking_app, booking_admin, booking_auditor;

COMMENT ON CONSTRAINT refund_amount_valid ON refund IS 'The amount of a refund is positive.';
COMMENT ON CONSTRAINT refund_paypal_unique ON refund IS 'A PayPal refund belongs to one refund.';
COMMENT ON CONSTRAINT refund_status_valid ON refund IS 'A refund has a known status.';

CREATE OR REPLACE TRIGGER tg_refund__history
AFTER INSERT OR UPDATE ON refund
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_refund__history ON refund IS 'Records the refund''s status.';

CREATE OR REPLACE TRIGGER tg_refund__rules
BEFORE INSERT OR UPDATE ON refund
FOR EACH ROW EXECUTE FUNCTION tg_refund__rules();
COMMENT ON TRIGGER tg_refund__rules ON refund IS 'Checks the status transition and the immutable columns, and adds up the refunds on the payment (payment_refund_within_capture).';

CREATE OR REPLACE TRIGGER tg_refund__settle
AFTER UPDATE ON refund
FOR EACH ROW WHEN (new.status = 'completed' AND old.status <> 'completed')
EXECUTE FUNCTION tg_refund__settle();
COMMENT ON TRIGGER tg_refund__settle ON refund IS 'After a refund completes, updates its payment and queues a mail.';
