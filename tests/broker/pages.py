"""What workers show on their metrics pages."""

from __future__ import annotations

import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

Page = list[tuple[str, dict[str, str], float]]
"""Name, labels and value of each sample."""


def scrape(port: int) -> Page | None:
    """All samples of a worker; None where it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None
    families = text_string_to_metric_families(text)
    return [(s.name, s.labels, s.value) for family in families for s in family.samples]


def total(pages: list[Page], name: str, **wanted: str) -> float:
    """The sum over all workers."""
    return sum(
        value
        for page in pages
        for found, labels, value in page
        if found == name and wanted.items() <= labels.items()
    )
