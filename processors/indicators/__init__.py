"""Counting: which event adds to which cells, and how cells become indicators."""
