"""The HTTP edge: bytes to operations and back, request ids, the log line. Knows no phones."""
