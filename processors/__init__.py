"""From sealed batches to indicators: intake, counting, release, linkage, alerts."""
