"""Alerts to those who asked for them: subscriptions, the outbox, an endpoint's queue, and how to reach it."""
