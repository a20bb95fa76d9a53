"""Invented national registers, each in the format its authority would really have.

An invented world (``world``, ``invent``, ``exact``) is told once in neutral codes and then written
as four registers: an Excel workbook, an SQL database, Arabic CSV files, a KoBo export. Whoever
reads a register back through its adapter must find exactly what the world says: that is what the
tests demand. Nothing here is a record of a real person, and every name says so.

``python -m deploy.registers`` writes the registers shipped with the adapters again.
"""
