"""Coordinate systems, the street index, the gazetteer."""
