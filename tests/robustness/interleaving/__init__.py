"""Two writers, in every order of their statements, at every isolation level."""
