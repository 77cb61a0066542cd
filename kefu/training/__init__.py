"""Fitting and judging the sentiment model; needs the extra `train`. Workers never import it."""
