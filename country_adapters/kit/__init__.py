"""The adapter kit: from the rows of a national register to drafts of anonymised case events.

To be read in this order:

================ =================================================================================
``declaration``  what a country writes down: ``register.yaml`` beside ``codes.yaml``
``columns``      what a cell can be read as; ``codes``, ``countries``, ``places``, ``dates`` and
                 ``digits`` do the reading
``identifiers``  telephones, plates, accounts of alleged facilitators, each in one spelling
``rules``        how a field of an event comes from columns; ``bands`` and ``row`` serve them
``checks``       what a declaration must keep; ``yaml_file`` says where it does not
``sources``      workbook, CSV, SQL, KoBo: rows one after the other
``facilitators`` the identifiers that a row names; they wait at home for tokens
``mapping``      a row to drafts, or to the reasons why it stays home
``pseudonyms``   how cases and persons are told apart abroad
``register``     a declaration, loaded and checked; ``lint`` tells all its faults at once
``runner``       a register into the outbox
================ =================================================================================
"""
