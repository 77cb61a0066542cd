"""Identifiers that follow from their cause, so that a repeat is recognised as one."""

from hashlib import blake2b


def output_id(*cause: str) -> str:
    """The id of an output: 32 hex digits of a hash over its cause, in order.

    The separator cannot stand inside JSON text unescaped, so that no two causes run together.
    """
    return blake2b("\x1f".join(cause).encode(), digest_size=16).hexdigest()


def event_digest(source: str, event_id: str) -> bytes:
    """Eight bytes that stand for an event's identity in the memory of one interaction.

    Among the 128 that an interaction remembers, two collide once in 10^15 interactions.
    """
    return blake2b(f"{source}\x1f{event_id}".encode(), digest_size=8).digest()
