"""Reads mailed codes by claiming the mail as a worker does."""

import asyncpg

from app.domain.auth.tokens import Secret

DUE = "SELECT id FROM notification WHERE account_id = $1 AND kind = $2 AND status = 'queued' AND due_at <= now()"
CLAIM = "SELECT email FROM claim_notification($1, interval '1 minute', $2)"
SENT = "SELECT notification_sent($1)"


async def mailed(app: asyncpg.Connection, account: int, kind: str) -> tuple[str, str]:
    """Mark the one due mail of a kind as sent; return its address and its code."""
    (due,) = await app.fetch(DUE, account, kind)
    code = Secret.new()
    email = await app.fetchval(CLAIM, due["id"], code.hash)
    await app.execute(SENT, due["id"])
    return email, code.text


async def is_due(app: asyncpg.Connection, account: int, kind: str) -> bool:
    """Whether a mail of a kind is due to an account."""
    return bool(await app.fetch(DUE, account, kind))
