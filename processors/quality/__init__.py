"""How authorities' data come in: from what the ledgers hold to one message for each authority.

`facts` reads a ledger, `judge` makes the message, `expectations` is the table of what is expected,
`publish` writes what has changed. What is told, and in which bands: `schemas.quality`.
"""
