"""Made-up customer service traffic: our own dialogues and calls, seeded, at any rate."""

from kefu.generator.generator import Generator

__all__ = ["Generator"]
