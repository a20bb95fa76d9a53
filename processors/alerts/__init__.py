"""What is seen across borders: detectors over linkage tokens and over counts.

Every detector is a pure function from values to findings: no input or output, no clock, no
randomness of its own. What is found becomes an alert elsewhere, under the rules of disclosure.
"""
