"""One adapter a source: its native payloads become incident reports."""
