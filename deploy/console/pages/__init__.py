"""Routes: each asks who reads, takes a snapshot, has a view made of it, and lays it out."""
