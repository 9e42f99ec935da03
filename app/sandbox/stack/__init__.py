"""The whole stack: its components, its folder, its supervision and the terminal output."""
