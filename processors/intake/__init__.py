"""Intake: verify, open, validate, count; the ledger that survives; receipts and quarantine."""
