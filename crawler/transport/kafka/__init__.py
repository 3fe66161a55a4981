"""The transport between machines: Kafka, through kafka-python."""
