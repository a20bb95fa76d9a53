"""Releases: tables on a calendar, noise on every cell, a budget that is never exceeded."""
