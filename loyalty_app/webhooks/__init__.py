"""Webhooks: endpoints, the outbox, the worker that delivers, and the log of deliveries. Signing is in the core."""
