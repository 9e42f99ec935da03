"""The errors of a call to PayPal. They distinguish a refusal from an unknown outcome."""


class PayPalError(Exception):
    """A call failed. `debug_id` is the id that PayPal's support asks for, if PayPal sent one."""

    def __init__(self, operation: str, text: str, debug_id: str | None) -> None:
        super().__init__(f"{operation}: {text} (debug_id {debug_id})")
        self.operation = operation
        self.debug_id = debug_id


class PayPalRefused(PayPalError):  # noqa: N818  PayPal's answer, which callers expect
    """PayPal refused the request with an HTTP `status` of 4xx. Nothing was done, and a retry would not help.

    `issue` is the reason, such as ORDER_NOT_APPROVED, or the error's `name` if PayPal gave none. If the payer can
    resolve it, as with INSTRUMENT_DECLINED, `redirect` is the page for the payer's browser.
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
    """PayPal did not accept a request. Nothing was done. `retry_after` is in seconds, if PayPal sent it."""

    def __init__(self, operation: str, text: str, debug_id: str | None, retry_after: float | None = None) -> None:
        super().__init__(operation, text, debug_id)
        self.retry_after = retry_after


class PayPalUnknown(PayPalError):  # noqa: N818  as above
    """A request was sent but no valid answer was received. PayPal may have carried it out or may still do so.

    Repeat the call with the same request id to find out.
    """


class PayPalBusy(PayPalUnknown):
    """PayPal is still processing the same request, sent by another process."""
