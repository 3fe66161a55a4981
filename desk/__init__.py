"""Where people decide. Only this house opens sealed addresses, one at a time, on the record."""
