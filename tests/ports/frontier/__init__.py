"""The frontier's port: one suite, run on SQLite and on a real Redis."""
