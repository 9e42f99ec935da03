COMMENT ON CONSTRAINT scheduled_notification_kind_valid ON scheduled_notification IS 'A mail that is to come is of a kind that there is.';
