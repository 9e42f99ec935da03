REVOKE ALL ON offer FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON offer TO booking_app, booking_admin, booking_auditor;

COMMENT ON INDEX offer_one_live IS 'Nobody who waits has two offers at once.';
COMMENT ON CONSTRAINT offer_status_valid ON offer IS 'An offer has a status that there is.';
COMMENT ON CONSTRAINT offer_wave_valid ON offer IS 'Waves of offers are counted from 1.';

CREATE OR REPLACE TRIGGER tg_offer__entry
AFTER INSERT OR UPDATE OF status ON offer
FOR EACH ROW EXECUTE FUNCTION tg_offer__entry();
COMMENT ON TRIGGER tg_offer__entry ON offer IS 'The entry and the mails follow.';

CREATE OR REPLACE TRIGGER tg_offer__rules
BEFORE UPDATE ON offer
FOR EACH ROW EXECUTE FUNCTION tg_offer__rules();
COMMENT ON TRIGGER tg_offer__rules ON offer IS 'What never changes, then the transition.';
