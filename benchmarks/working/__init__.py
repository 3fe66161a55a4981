"""How many messages a second a matcher works through, from the transport to the commit."""
