"""The frontier's leases inside Scrapy: scheduling, politeness, robots, and the end of each lease."""
