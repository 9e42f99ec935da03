REVOKE ALL ON offer FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON offer TO booking_app, booking_admin, booking_auditor;

COMMENT ON INDEX offer_one_live IS 'A waitlist entry has at most one live offer.';
COMMENT ON CONSTRAINT offer_status_valid ON offer IS 'An offer has a known status.';
COMMENT ON CONSTRAINT offer_wave_valid ON offer IS 'The number of a wave of offers is at least 1.';

CREATE OR REPLACE TRIGGER tg_offer__entry
AFTER INSERT OR UPDATE OF status ON offer
FOR EACH ROW EXECUTE FUNCTION tg_offer__entry();
COMMENT ON TRIGGER tg_offer__entry ON offer IS 'Updates the waitlist entry and queues the mails.';

CREATE OR REPLACE TRIGGER tg_offer__rules
BEFORE UPDATE ON offer
FOR EACH ROW EXECUTE FUNCTION tg_offer__rules();
COMMENT ON TRIGGER tg_offer__rules ON offer IS 'Checks the immutable columns, then the status transition.';
