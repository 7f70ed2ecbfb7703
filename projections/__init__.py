"""The read side: views folded from the log in batches, in generations that can be rebuilt."""
