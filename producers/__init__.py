"""From case events to sealed batches on Kafka: outbox, sealer, publisher."""
