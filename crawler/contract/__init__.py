"""What the other houses may import of the crawler: records, ports, the configuration loader, reasons.

Stands alone: no Scrapy, no Pillow, no Kafka, no Redis.
"""
