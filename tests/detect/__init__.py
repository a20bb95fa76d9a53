"""Invented streams with planted networks, and how well detectors find them."""
