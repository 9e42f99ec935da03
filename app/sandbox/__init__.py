"""What `booking up` runs in place of real servers. Production never imports it."""
