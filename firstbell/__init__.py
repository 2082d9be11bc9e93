"""Firstbell: scheduled technology audits for a school district, and one honest packet before each meeting."""

__version__ = "0.1.0"
