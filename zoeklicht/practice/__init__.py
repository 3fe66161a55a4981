"""The practice web: a small local web of harmless made-up pictures, with a truth by which a crawl of it is scored.

It stands before the frontier, in the place of the real web; the crawler knows nothing of it.
"""
