"""What the platform does: take reports in, carry out commands, adopt reference tables."""
