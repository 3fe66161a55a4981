"""What the other houses may import of the matchers: hits and the ports to the known set and the hit store."""
