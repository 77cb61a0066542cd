"""The contract of kefu: every event, every output, every topic, and the one JSON codec.

Nothing in here knows Kafka, a clock or a file. `events` holds what comes in, `outputs` what goes
out, `topics` where each travels, `codec` turns bytes into typed events and back.
"""
