REVOKE ALL ON account FROM booking_app, booking_admin, booking_auditor;
-- all columns but password_hash, which only password_hash_of() returns, for one account at a time
GRANT SELECT (id, username, email, email_verified_at, pending_email, role, status, generation, created_at) ON account TO booking_app;
GRANT SELECT (id, username, email, email_verified_at, role, status, disabled_reason, created_at) ON account
TO booking_admin, booking_auditor;
GRANT INSERT (username, email, password_hash, role) ON account TO booking_app;

COMMENT ON INDEX account_username_unique IS 'Usernames are unique, regardless of case.';
COMMENT ON INDEX account_email_unique IS 'Email addresses are unique, regardless of case.';
COMMENT ON CONSTRAINT account_username_valid ON account IS 'A username must have 1 to 150 letters, digits or any of _.@+-.';
COMMENT ON CONSTRAINT account_email_valid ON account IS 'An email address has a valid form.';
COMMENT ON CONSTRAINT account_pending_email_valid ON account IS 'A pending email address has a valid form.';
COMMENT ON CONSTRAINT account_role_valid ON account IS 'The role of an account is doctor or patient.';
COMMENT ON CONSTRAINT account_erased_is_empty ON account IS 'An erased account has no username, email address or password. Every other account has all three.';
COMMENT ON CONSTRAINT account_status_valid ON account IS 'An account has a known status.';
COMMENT ON CONSTRAINT account_id_role_unique ON account IS 'The id and role of an account are unique together, so that a profile can refer to both.';

-- Triggers fire in order of their names. This one fires before other AFTER triggers, so that their changes are recorded after it.
CREATE OR REPLACE TRIGGER tg_account__history
AFTER INSERT OR UPDATE ON account
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_account__history ON account IS 'Records the account''s role and status.';
