"""Kafka brokers that southmed can bring up itself."""
