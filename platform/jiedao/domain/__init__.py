"""The pure model: no I/O, no clock, no database."""
