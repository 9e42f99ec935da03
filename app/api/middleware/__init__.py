"""Middleware of all requests: request id and log line, HEAD and OPTIONS, time limit."""
