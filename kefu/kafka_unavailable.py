"""The one error that says why no local Kafka can be started, and what to do about it."""

from __future__ import annotations


class KafkaUnavailable(RuntimeError):  # noqa: N818 - reads as the state it reports
    """A local Kafka cannot be had here: no Java, no network, bad checksum, failed start.

    `reason` says what is wrong, `advice` what the reader can do; both are shown to people as
    they are, without a traceback.
    """

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}\n{advice}")
        self.reason = reason
        self.advice = advice
