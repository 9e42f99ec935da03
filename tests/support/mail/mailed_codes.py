"""Reads mailed codes by claiming the mail as a worker does."""

from asyncpg import Connection

from app.domain.auth.tokens import Secret

DUE = "SELECT id FROM notification WHERE account_id = $1 AND kind = $2 AND status = 'queued' AND due_at <= now()"
CLAIM = "SELECT email FROM claim_notification($1, interval '1 minute', $2)"
SENT = "SELECT notification_sent($1)"


async def mailed(app: Connection, account: int, kind: str) -> tuple[str, str]:
    """Mark the one due mail of a kind as sent; return its address and its code."""
    (due,) = await app.fetch(DUE, account, kind)
    code = Secret.new()
    email = await app.fetchval(CLAIM, due["id"], code.hash)
    await app.execute(SENT, due["id"])
    return email, code.text


async def is_due(app: Connection, account: int, kind: str) -> bool:
    """Whether a mail of a kind is due to an account."""
    return bool(await app.fetch(DUE, account, kind))


async def assert_code_ends(owner: Connection, account: int, seconds: int) -> None:
    """Check that an account's code is valid for so many seconds, and let it expire."""
    left = "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM account_token WHERE account_id = $1"
    assert seconds - 60 < await owner.fetchval(left, account) <= seconds
    await owner.execute("UPDATE account_token SET expires_at = now() WHERE account_id = $1", account)


async def let_a_minute_pass(owner: Connection, account: int) -> None:
    """Date an account's mails back by a minute, so that another code can be mailed."""
    await owner.execute("UPDATE notification SET created_at = now() - interval '1 min' WHERE account_id = $1", account)
