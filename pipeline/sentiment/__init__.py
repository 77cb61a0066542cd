"""Sentiment of one text: the exact SnowNLP score, and the three classes in front of it."""
