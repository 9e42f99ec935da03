COMMENT ON CONSTRAINT account_token_purpose_valid ON account_token IS 'A mailed code has a known purpose.';
