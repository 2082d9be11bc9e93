"""Intake: what people answer to our letters becomes minutes, notes and agenda items, or is put aside unread."""
