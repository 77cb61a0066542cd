"""The clocks of an interaction, exact in event time; `docs/clocks.md` defines them."""
