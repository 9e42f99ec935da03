"""The waitlist: entries of patients who wait, and the offers of slots to them."""
