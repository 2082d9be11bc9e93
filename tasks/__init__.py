"""Prefect's shell around the core: what is retried, what is shown to an admin, and nothing else.

Each module holds plain functions that do the work and, below them, the tasks that run them. Only keys, options and
counts cross a task's border, never a row or a secret.
"""
