"""The refusals of the PayPal stand-in: names, issues and texts as in PayPal's OpenAPI documents."""

from typing import Any, NamedTuple

DOCUMENTATION = "https://developer.paypal.com/api/rest/responses/#link-httpstatuscodes"

MESSAGES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    401: (
        "AUTHENTICATION_FAILURE",
        "Authentication failed due to missing authorization header, or invalid authentication credentials.",
    ),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The server does not support the request payload's media type."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable."),
}


class Issue(NamedTuple):
    """The reason of a refusal."""

    status: int
    description: str


ISSUES = {
    "INVALID_ARRAY_MAX_ITEMS": Issue(400, "The number of items in an array parameter is too large."),
    "INVALID_ARRAY_MIN_ITEMS": Issue(400, "The number of items in an array parameter is too small."),
    "INVALID_PARAMETER_SYNTAX": Issue(400, "The value of a field does not conform to the expected format."),
    "INVALID_PARAMETER_VALUE": Issue(400, "A parameter value is not valid."),
    "INVALID_STRING_LENGTH": Issue(400, "The value of a field is either too short or too long"),
    "MALFORMED_REQUEST_JSON": Issue(400, "The request JSON is not well formed."),
    "MISSING_REQUIRED_PARAMETER": Issue(400, "A required parameter is missing."),
    "PAYPAL_REQUEST_ID_REQUIRED": Issue(
        400,
        "A PayPal-Request-Id is required if you are trying to process payment for an Order. Please specify a "
        "PayPal-Request-Id or Create the Order without a 'payment_source' specified.",
    ),
    "INVALID_ACCOUNT_STATUS": Issue(401, "Account validations failed for the user."),
    "PERMISSION_DENIED": Issue(403, "You do not have permission to access or perform operations on this resource."),
    "INVALID_RESOURCE_ID": Issue(
        404, "Specified resource ID does not exist. Please check the resource ID and try again."
    ),
    "PREVIOUS_REQUEST_IN_PROGRESS": Issue(
        409,
        "A previous request on this resource is currently in progress. Please wait for sometime and try again. It is "
        "best to space out the initial and the subsequent request(s) to avoid receiving this error.",
    ),
    "AUTH_CAPTURE_NOT_ENABLED": Issue(
        422,
        "Authorization and Capture feature is not enabled for the merchant. Make sure that the recipient of the funds "
        "is a verified business account.",
    ),
    "CANNOT_BE_ZERO_OR_NEGATIVE": Issue(
        422,
        "Must be greater than zero. If the currency supports decimals, only two decimal place precision is supported.",
    ),
    "CAPTURE_FULLY_REFUNDED": Issue(422, "The capture has already been fully refunded"),
    "COMPLIANCE_VIOLATION": Issue(422, "Transaction is declined due to compliance violation."),
    "DECIMALS_NOT_SUPPORTED": Issue(
        422,
        "Currency does not support decimals. Please refer to "
        "https://developer.paypal.com/docs/api/reference/currency-codes/ for more information.",
    ),
    "DECIMAL_PRECISION": Issue(
        422, "If the currency supports decimals, only two decimal place precision is supported."
    ),
    "DUPLICATE_INVOICE_ID": Issue(
        422,
        "Duplicate Invoice ID detected. To avoid a potential duplicate transaction your account setting requires that "
        "Invoice Id be unique for each transaction.",
    ),
    "INSTRUMENT_DECLINED": Issue(
        422,
        "The instrument presented  was either declined by the processor or bank, or it can't be used for this payment.",
    ),
    "INVALID_CURRENCY_CODE": Issue(
        422,
        "Currency code is invalid or is not currently supported. Please refer "
        "https://developer.paypal.com/api/rest/reference/currency-codes/ for list of supported currency codes.",
    ),
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED": Issue(422, "You have exceeded the maximum number of payment attempts."),
    "MAX_VALUE_EXCEEDED": Issue(422, "Should be less than or equal to 999999999999999.99."),
    "ORDER_ALREADY_CAPTURED": Issue(
        422, "Order already captured.If 'intent=CAPTURE' only one capture per order is allowed."
    ),
    "ORDER_NOT_APPROVED": Issue(
        422,
        "Payer has not yet approved the Order for payment. Please redirect the payer to the 'rel':'approve' url "
        "returned as part of the HATEOAS links within the Create Order call or provide a valid `payment_source` in the "
        "request.",
    ),
    "PAYER_ACCOUNT_RESTRICTED": Issue(422, "PAYER_ACCOUNT_RESTRICTED"),
    "PAYER_ACTION_REQUIRED": Issue(
        422, "Transaction cannot complete successfully, instruct the buyer to return to PayPal."
    ),
    "PAYER_CANNOT_PAY": Issue(
        422, "Combination of payer and payee settings mean that this buyer cannot pay this seller."
    ),
    "PENDING_CAPTURE": Issue(
        422,
        "Cannot initiate a refund as the capture is pending. Capture is typically pending when the payer has funded "
        "the transaction using e-check/bank funded.",
    ),
    "REFUND_AMOUNT_EXCEEDED": Issue(
        422, "The refund amount must be less than or equal to the capture amount that has not yet been refunded."
    ),
    "REFUND_CAPTURE_CURRENCY_MISMATCH": Issue(422, "Refund must be in the same currency as the capture"),
    "REFUND_FAILED_INSUFFICIENT_FUNDS": Issue(
        422,
        "Capture could not be refunded due to insufficient funds. Please check to see if you have sufficient funds in "
        "your PayPal account or if the bank account linked to your PayPal account is verified and has sufficient "
        "funds.",
    ),
    "REFUND_NOT_ALLOWED": Issue(422, "Capture cannot be refunded."),
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": Issue(
        422,
        "Refunds are not allowed on this capture due to a chargeback on the card or bank. Please contact the payee to "
        "resolve the chargeback.",
    ),
    "REFUND_TIME_LIMIT_EXCEEDED": Issue(422, "You are over the time limit to perform a refund on this capture"),
    "TRANSACTION_REFUSED": Issue(422, "The request was refused."),
}
PAYER_CAN_RESOLVE = frozenset({"INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED"})


class Refusal(Exception):  # noqa: N818  an answer
    """A PayPal response with an HTTP status of 4xx or 5xx. `detail` is the only item of its `details`."""

    def __init__(self, status: int, detail: dict[str, str] | None = None) -> None:
        super().__init__(status, detail)
        self.status = status
        self.issue = detail["issue"] if detail else None
        self.redirect: str | None = None
        self.headers: dict[str, str] = {}
        self._detail = detail

    def body(self, debug_id: str) -> dict[str, Any]:
        """Return the body, to be encoded as JSON."""
        name, message = MESSAGES[self.status]
        links = [{"href": DOCUMENTATION, "rel": "information_link", "method": "GET"}]
        if self.redirect:
            links.append({"href": self.redirect, "rel": "redirect", "method": "GET"})
        body: dict[str, Any] = {"name": name, "message": message, "debug_id": debug_id, "links": links}
        return body | ({"details": [self._detail]} if self._detail else {})


def refused(issue: str, **detail: str) -> Refusal:
    """Return the refusal for `issue`. `detail` may contain `field`, `value`, `location` and another `description`."""
    status, description = ISSUES[issue]
    return Refusal(status, {"issue": issue, "description": description, **detail})
