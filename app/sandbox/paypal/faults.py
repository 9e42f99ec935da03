"""The faults of the PayPal stand-in. A fault affects the next calls of its operation."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.sandbox.paypal.refusals import ISSUES

Operation = Literal[
    "token",
    "create_order",
    "get_order",
    "capture_order",
    "get_capture",
    "refund_capture",
    "get_refund",
    "verify_webhook",
    "get_event",
    "webhook",
]
Kind = Literal[
    "drop_before",  # the connection closes without an answer; the request has no effect
    "drop_after",  # the connection closes without an answer; the request has taken effect
    "error_before",  # the answer is `status`; the request has no effect
    "error_after",  # the answer is `status`; the request has taken effect
    "slow_before",  # the request is processed after `seconds`
    "slow_after",  # the request is processed at once, and answered after `seconds`
    "garbage",  # the request takes effect, and the answer is not JSON
    "rate_limit",  # 429 with Retry-After: `seconds`
    "unauthorized",  # 401: the token has expired
    "refused",  # 4xx with `issue`; INSTRUMENT_DECLINED counts as a payment attempt
    "pending",  # the capture or refund is PENDING for `reason` until it is decided
    "declined",  # the capture is DECLINED
    "failed",  # the refund is FAILED
    "withhold",  # the webhook is not sent until it is released
    "duplicate",  # the webhook is sent twice
    "reorder",  # the webhook is delayed by `seconds`
]

BEFORE: tuple[Kind, ...] = ("drop_before", "error_before", "slow_before", "rate_limit", "unauthorized")
AFTER: tuple[Kind, ...] = ("drop_after", "error_after", "slow_after", "garbage")
OUTCOMES: tuple[Kind, ...] = ("refused", "pending", "declined", "failed")
WEBHOOKS: tuple[Kind, ...] = ("withhold", "duplicate", "reorder")
ONLY_WITH: dict[str, tuple[Kind, ...]] = {  # further faults of an operation, besides BEFORE and AFTER
    "create_order": ("refused",),
    "capture_order": ("refused", "pending", "declined"),
    "refund_capture": ("refused", "pending", "failed"),
}


class Fault(Struct, kw_only=True, forbid_unknown_fields=True):
    """A fault that affects the next `times` calls."""

    operation: Operation
    kind: Kind
    times: Annotated[int, Meta(ge=1)] = 1
    seconds: Annotated[float, Meta(ge=0, le=600)] = 1
    status: Literal[500, 503] = 503
    issue: str = "INSTRUMENT_DECLINED"
    reason: str = "PENDING_REVIEW"

    def __post_init__(self) -> None:
        """Raise ValueError if the operation does not support the fault."""
        possible = WEBHOOKS if self.operation == "webhook" else (*BEFORE, *AFTER, *ONLY_WITH.get(self.operation, ()))
        if self.kind not in possible:
            raise ValueError(f"{self.operation} does not support {self.kind}; use one of: {', '.join(possible)}")
        if self.issue not in ISSUES:
            raise ValueError(f"unknown issue {self.issue}; refusals.py lists the issues")


class Faults:
    """The faults that have not occurred yet, in order."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        self.waiting.append(fault)

    def take(self, operation: Operation, kinds: tuple[Kind, ...]) -> Fault | None:
        """Consume and return the next fault of these kinds for the operation, or None."""
        for fault in self.waiting:
            if fault.operation == operation and fault.kind in kinds:
                fault.times -= 1
                if not fault.times:
                    self.waiting.remove(fault)
                return fault
        return None
