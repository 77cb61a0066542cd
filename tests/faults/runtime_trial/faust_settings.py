"""The Faust settings that all shapes of the trial share."""

from __future__ import annotations

from typing import Any

from tests.faults.runtime_trial.settings import HEARTBEAT_MS, SESSION_TIMEOUT_MS, Settings


def faust_settings(settings: Settings) -> dict[str, Any]:
    """Return the keyword arguments of `faust.App`."""
    return {
        "id": f"{settings.run}.app",
        "broker": f"kafka://{settings.bootstrap}",
        "store": "memory://",
        "datadir": f"{settings.folder}/{settings.worker}-data",
        "web_enabled": False,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "table_standby_replicas": 0,
        "consumer_auto_offset_reset": "earliest",
        "broker_session_timeout": SESSION_TIMEOUT_MS / 1000,
        "broker_heartbeat_interval": HEARTBEAT_MS / 1000,
        "broker_commit_interval": 1.0,
    }


def raw_topic(app: Any, name: str) -> Any:
    """Return a topic whose values reach the agent as bytes."""
    return app.topic(
        name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )
