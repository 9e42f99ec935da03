"""Statistics of samples, and their presentation in Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from statistics import quantiles


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the percentile of the samples, with linear interpolation."""
    return quantiles(samples, n=100, method="inclusive")[percent - 1]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table with numeric columns aligned to the right."""
    lines = [tuple(row) for row in rows]
    numbers = [all(not isinstance(line[n], str) for line in lines) for n in range(len(columns))]
    marks = ["---:" if right else "---" for right in numbers]
    shown = [columns, marks, *([_shown(value) for value in line] for line in lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in shown)


def lines(*parts: str) -> str:
    """Join the parts of a report with empty lines."""
    return "\n\n".join(parts)


def at_most(what: str, value: float, limit: float) -> str:
    """Return a line with the value and whether it is within the limit."""
    return _judged(what, value, "at most", limit, kept=value <= limit)


def at_least(what: str, value: float, limit: float) -> str:
    """Return a line with the value and whether it reaches the limit."""
    return _judged(what, value, "at least", limit, kept=value >= limit)


def _judged(what: str, value: float, bound: str, limit: float, *, kept: bool) -> str:
    return f"{what}: {value:,.3g} (target: {bound} {limit:g}, {'reached' if kept else 'MISSED'})"


def plot(title: str, unit: str, values: Mapping[str, float]) -> str:
    """Return a bar chart in Mermaid, which GitHub renders. `unit` is the label of the y-axis."""
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
        return "-"  # not measured by this client
    return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
