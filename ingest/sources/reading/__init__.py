"""What all adapters read with: text, fields, times, positions, links, and the parting off of personal data."""
