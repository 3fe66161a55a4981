"""Near matching at full size, beside the indexes that others use."""
