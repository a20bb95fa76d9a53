"""Alerts as a site publishes them (`place`, `gather`) and as their readers see them (`reader`)."""
