"""What belongs to the crawl and what does not: hosts, countries, addresses, links that act."""
