"""What is held about the caller: export and deletion."""
