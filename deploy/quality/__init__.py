"""A site's side of quality: what its ledgers hold, and the messages that follow."""
