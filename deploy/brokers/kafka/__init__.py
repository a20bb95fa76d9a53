"""Apache Kafka on one machine, without Docker: as ministries run it, for trying out and for tests.

KRaft, one node or three, each a broker and a controller at once; TLS 1.3 with client certificates
on every listener; whatever is not granted is denied. Maven brings the packages from its own
repository and checks their digests.
"""
