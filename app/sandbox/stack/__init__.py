"""The stack as a whole: its components, its folder, what the terminal shows."""
