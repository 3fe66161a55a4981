"""The frontier's adapters."""
