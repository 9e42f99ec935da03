"""The worker: listens, sends mails, settles payments, sweeps."""
