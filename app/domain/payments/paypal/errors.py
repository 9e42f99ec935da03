"""How a call to PayPal can fail. Callers must not take "we do not know" for "no"."""


class PayPalError(Exception):
    """A call that brought no result; `debug_id` is what PayPal's support asks for, if PayPal said it."""

    def __init__(self, operation: str, text: str, debug_id: str | None) -> None:
        super().__init__(f"{operation}: {text} (debug_id {debug_id})")
        self.operation = operation
        self.debug_id = debug_id


class PayPalRefused(PayPalError):  # noqa: N818  PayPal's answer, which callers expect
    """PayPal said no, with an HTTP `status` of 4xx: nothing was done, and asking again would not help.

    `issue` says why, as ORDER_NOT_APPROVED does; without one, it is the error's `name`. Where the payer can help, as
    with INSTRUMENT_DECLINED, `redirect` leads the browser there.
    """

    def __init__(
        self, operation: str, *, status: int, name: str, issue: str, redirect: str | None, debug_id: str | None
    ) -> None:
        super().__init__(operation, f"{status} {name} {issue}", debug_id)
        self.status = status
        self.name = name
        self.issue = issue
        self.redirect = redirect


class PayPalUnavailable(PayPalError):  # noqa: N818  as above
    """PayPal took no request from us: nothing was done. `retry_after` is in seconds, if PayPal said it."""

    def __init__(self, operation: str, text: str, debug_id: str | None, retry_after: float | None = None) -> None:
        super().__init__(operation, text, debug_id)
        self.retry_after = retry_after


class PayPalUnknown(PayPalError):  # noqa: N818  as above
    """A request went out and no answer came that can be understood: it may have been carried out, or may yet be.

    The same call with the same request id finds out.
    """


class PayPalBusy(PayPalUnknown):
    """PayPal is still carrying out the very same request, which somebody else has sent."""
