"""Samples and how they are shown."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from statistics import quantiles


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the value that `percent` of the samples do not exceed, between two of them where it falls there."""
    return quantiles(samples, n=100, method="inclusive")[percent - 1]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; whatever is no text stands to the right."""
    lines = [tuple(row) for row in rows]
    numbers = [all(not isinstance(line[n], str) for line in lines) for n in range(len(columns))]
    marks = ["---:" if right else "---" for right in numbers]
    shown = [columns, marks, *([_shown(value) for value in line] for line in lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in shown)


def lines(*parts: str) -> str:
    """Return parts of a report, one under the other."""
    return "\n\n".join(parts)


def at_most(what: str, value: float, limit: float) -> str:
    """Return a line that tells what there is, and whether the limit is kept."""
    return _judged(what, value, "at most", limit, kept=value <= limit)


def at_least(what: str, value: float, limit: float) -> str:
    """Return a line that tells what there is, and whether the limit is reached."""
    return _judged(what, value, "at least", limit, kept=value >= limit)


def _judged(what: str, value: float, bound: str, limit: float, *, kept: bool) -> str:
    return f"{what}: {value:,.3g} ({bound} {limit:g} is wanted: {'reached' if kept else 'MISSED'})"


def plot(title: str, unit: str, values: Mapping[str, float]) -> str:
    """Return bars as a Mermaid chart, which GitHub draws; `unit` is what they measure."""
    names = ", ".join(f'"{name}"' for name in values)
    bars = ", ".join(f"{value:.3g}" for value in values.values())
    return f"""```mermaid
xychart-beta
    title "{title}"
    x-axis [{names}]
    y-axis "{unit}" 0 --> {1.1 * max(values.values()):.3g}
    bar [{bars}]
```"""


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if isnan(value):
        return "-"  # a client that does not tell
    return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
