"""The transport's adapters."""
