"""Request and response bodies for logins, passwords and codes."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import PRINTABLE

Password = Annotated[str, Meta(min_length=8, max_length=128)]
Code = Annotated[str, Meta(max_length=200, pattern=PRINTABLE)]
RefreshToken = Annotated[str, Meta(max_length=2000, pattern=PRINTABLE)]


class Login(Struct, forbid_unknown_fields=True, kw_only=True):
    """The credentials: either `username` or `email`, and the password."""

    username: Annotated[str, Meta(max_length=150, pattern=PRINTABLE)] | None = None
    email: Annotated[str, Meta(max_length=254, pattern=PRINTABLE)] | None = None
    password: Annotated[str, Meta(max_length=128)]

    def __post_init__(self) -> None:
        if (self.username is None) == (self.email is None):
            raise ValueError("Give either username or email.")


class Refresh(Struct, forbid_unknown_fields=True):
    """A refresh token, which can be used once. Reusing it revokes the session."""

    refresh: RefreshToken


class Logout(Struct, forbid_unknown_fields=True):
    """The refresh token of the session to end. Without one, all sessions of the account end."""

    refresh: RefreshToken | None = None


class ChangePassword(Struct, forbid_unknown_fields=True):
    """The current and the new password. All sessions of the account end."""

    password: Annotated[str, Meta(max_length=128)]
    new_password: Password


class VerifyEmail(Struct, forbid_unknown_fields=True):
    """The code from the verification email."""

    token: Code


class RequestPasswordReset(Struct, forbid_unknown_fields=True):
    """The email address of an account."""

    email: Annotated[str, Meta(max_length=254, pattern=PRINTABLE)]


class ResetPassword(Struct, forbid_unknown_fields=True):
    """The code from the password reset email, and the new password. All sessions of the account end."""

    token: Code
    password: Password


class Tokens(Struct):
    """Send `access` as `Authorization: Bearer ...`. It expires after `expires_in` seconds; `refresh` renews it."""

    access: str
    refresh: str
    token_type: Literal["Bearer"]
    expires_in: int
