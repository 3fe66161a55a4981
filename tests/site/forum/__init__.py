"""A forum as somebody would set one up with django-machina. Run by the Python of its own environment only."""
