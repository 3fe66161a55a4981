"""What `benchmarks.crawl` is made of: the sides, one run of one, and the peers' own programs."""
