COMMENT ON INDEX calendar_feed_token_unique IS 'Every calendar link is unique.';
