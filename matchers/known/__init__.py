"""The known set."""
