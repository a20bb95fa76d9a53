"""The trustee: evaluates blinded identifiers for authorities, under a quota, and keeps a book."""
