"""What an operator runs beside the server, or before it."""
