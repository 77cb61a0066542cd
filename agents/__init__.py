"""The distributed runtime: Faust is the application, the hot stage feeds the engines.

Thin on purpose: decode, feed, send, confirm, acknowledge. What things mean is in `pipeline`.
"""
