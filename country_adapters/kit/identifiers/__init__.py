"""Identifiers of alleged facilitators, each in one spelling: what linkage tokens will be made of.

To be read in this order:

============== ===================================================================================
``normalise``  the one way in: a type, a text and a country in, one value or a named error out
``value``      what comes out, and how every text is cleaned first
``phone``      telephone numbers
``handle``     accounts on platforms, by ``platforms.csv``
``web``        e-mail addresses and websites
``plate``      vehicle plates of the four countries, by ``plates.csv``
``agency``     agencies by register and by name, by ``agency_registers.csv``, ``agency_words.csv``
``money``      IBANs (``iban_lengths.csv``), wallets, references of transfers
``serial``     telephones by IMEI, travel documents of suspects
``protected``  headers that name victims or reporters: such columns are refused
``errors``     why a text is no identifier
============== ===================================================================================

All of it is pure: no clock, no network, nothing is kept.
"""
