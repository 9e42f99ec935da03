"""What clients send and get about logins, passwords and codes."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.domain.fields import PRINTABLE

Password = Annotated[str, Meta(min_length=8, max_length=128)]
Code = Annotated[str, Meta(max_length=200, pattern=PRINTABLE)]
RefreshToken = Annotated[str, Meta(max_length=2000, pattern=PRINTABLE)]


class Login(Struct, forbid_unknown_fields=True, kw_only=True):
    """Either `username` or `email`, and the password."""

    username: Annotated[str, Meta(max_length=150, pattern=PRINTABLE)] | None = None
    email: Annotated[str, Meta(max_length=254, pattern=PRINTABLE)] | None = None
    password: Annotated[str, Meta(max_length=128)]

    def __post_init__(self) -> None:
        if (self.username is None) == (self.email is None):
            raise ValueError("Give either username or email.")


class Refresh(Struct, forbid_unknown_fields=True):
    """A refresh token, to be exchanged. Each can be exchanged once: whoever comes with it again ends the login."""

    refresh: RefreshToken


class Logout(Struct, forbid_unknown_fields=True):
    """Which login to end, by its refresh token; without one, all of the account's."""

    refresh: RefreshToken | None = None


class ChangePassword(Struct, forbid_unknown_fields=True):
    """The password as it is, and as it is to be. All logins of the account end."""

    password: Annotated[str, Meta(max_length=128)]
    new_password: Password


class VerifyEmail(Struct, forbid_unknown_fields=True):
    """The code of the mail that asks for it."""

    token: Code


class RequestPasswordReset(Struct, forbid_unknown_fields=True):
    """The address of an account."""

    email: Annotated[str, Meta(max_length=254, pattern=PRINTABLE)]


class ResetPassword(Struct, forbid_unknown_fields=True):
    """The code of the mail that was asked for, and the password as it is to be. All logins of the account end."""

    token: Code
    password: Password


class Tokens(Struct):
    """Send `access` as `Authorization: Bearer ...`; exchange `refresh` for new ones within `expires_in` seconds."""

    access: str
    refresh: str
    token_type: Literal["Bearer"]
    expires_in: int
