"""The sites of the practice web that prove one feature each: a file a feature, or a family of them."""
