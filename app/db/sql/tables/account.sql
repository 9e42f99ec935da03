REVOKE ALL ON account FROM booking_app, booking_admin, booking_auditor;
-- all but the hash of the password, which password_hash_of() tells, of one account at a time
GRANT SELECT (id, username, email, email_verified_at, pending_email, role, status, generation, created_at) ON account TO booking_app;
GRANT SELECT (id, username, email, email_verified_at, role, status, disabled_reason, created_at) ON account
TO booking_admin, booking_auditor;
GRANT INSERT (username, email, password_hash, role) ON account TO booking_app;

COMMENT ON INDEX account_username_unique IS 'Usernames differ by more than their case.';
COMMENT ON INDEX account_email_unique IS 'Email addresses differ by more than their case.';
COMMENT ON CONSTRAINT account_username_valid ON account IS 'A username has 1 to 150 letters, digits or any of _.@+-.';
COMMENT ON CONSTRAINT account_email_valid ON account IS 'An email address looks like one.';
COMMENT ON CONSTRAINT account_pending_email_valid ON account IS 'A new email address looks like one.';
COMMENT ON CONSTRAINT account_role_valid ON account IS 'An account is a doctor''s or a patient''s.';
COMMENT ON CONSTRAINT account_erased_is_empty ON account IS 'Of an erased account only the id is left, and of no other.';
COMMENT ON CONSTRAINT account_status_valid ON account IS 'An account has a status that there is.';
COMMENT ON CONSTRAINT account_id_role_unique ON account IS 'An account has one role, to which its profile refers.';

-- By name before every other AFTER trigger, so that what a change leads to is recorded behind it.
CREATE OR REPLACE TRIGGER tg_account__history
AFTER INSERT OR UPDATE ON account
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_account__history ON account IS 'Records the account''s role and status.';
