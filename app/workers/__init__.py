"""The worker: listens for queued mails, sends them, settles payments and sweeps."""
