"""The worker that dials queued calls and follows live ones: claim, place, record, end."""
