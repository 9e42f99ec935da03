COMMENT ON CONSTRAINT scheduled_notification_kind_valid ON scheduled_notification IS 'A scheduled mail has a known kind.';
