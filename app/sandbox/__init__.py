"""The stack that `booking up` runs, with stand-ins for real servers. Production does not import it."""
