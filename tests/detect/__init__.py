"""Detectors against planted truth: invented streams and worlds, and how well they are found."""
