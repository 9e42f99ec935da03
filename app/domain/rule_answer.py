"""Tells the database how the API answers a broken rule: writes `rule_answer.sql` from `app/domain/rules.py`."""

from app.db.repeatable import SQL
from app.domain.rules import RULES

FILE = SQL / "common" / "rule_answer.sql"
TEXT = """\
-- Written by `./task docs` from app/domain/rules.py, which says how a broken rule is answered; never edited.
CREATE OR REPLACE VIEW rule_answer AS
SELECT
    rule,
    http_status,
    title
FROM (
    VALUES
    {rows}
) AS answer (rule, http_status, title);
COMMENT ON VIEW rule_answer IS 'How the API answers each broken rule: HTTP status, and the title of the problem.';
"""


def rule_answer_sql() -> str:
    """Return the view that has each rule's answer."""
    rows = (
        f"(\n        {_quoted(name)}, {rule.status},\n        {_quoted(rule.title)}\n    )"
        for name, rule in sorted(RULES.items())
    )
    return TEXT.format(rows=",\n    ".join(rows))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    FILE.write_text(rule_answer_sql(), encoding="utf-8")
