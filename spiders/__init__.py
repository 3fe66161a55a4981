"""One file a site type: which links of a page to follow, and which are pictures."""
