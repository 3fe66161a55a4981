"""The hit store's adapters."""
