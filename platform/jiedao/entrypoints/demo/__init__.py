"""The demo (演示): a district that fills before one's eyes, from a bundled sample of reports.

Its reports come in by the public HTTP API in the sources' own shapes, and it shows what anybody could read there.
"""
