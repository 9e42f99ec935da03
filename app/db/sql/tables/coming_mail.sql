COMMENT ON CONSTRAINT coming_mail_kind_valid ON coming_mail IS 'A mail that is to come is of a kind that there is.';
