"""Tests on a real Apache Kafka: TLS, rights, quotas, and what its guarantees are worth to us."""
