"""Faults on purpose: real processes on three real brokers, and totals that must not notice.

Each run has a seed, does something bad while four adapters publish their registers and workers
fold them, and then compares with the oracle, cell for cell and fact for fact. ``make faults``
runs all of them and prints one table.
"""
