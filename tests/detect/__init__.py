"""Detectors against planted truth."""
