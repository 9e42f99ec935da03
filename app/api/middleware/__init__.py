"""What surrounds every request: its id and log line, HEAD and OPTIONS, the time limit."""
