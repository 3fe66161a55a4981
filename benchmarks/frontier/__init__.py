"""`python -m benchmarks.frontier`: our frontier beside scrapy-redis as shipped, on the same Redis in the same run.

What is measured, and what is not, stands in benchmarks/README.md.
"""
