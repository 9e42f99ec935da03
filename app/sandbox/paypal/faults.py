"""What goes wrong on demand in the PayPal stand-in: each fault waits for the next calls of its operation."""

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
    "drop_before",  # the connection ends without an answer, and nothing was done
    "drop_after",  # ... and everything was done
    "error_before",  # the answer is `status`, and nothing was done
    "error_after",  # ... and everything was done
    "slow_before",  # for `seconds` nothing happens, then everything as usual
    "slow_after",  # everything is done, and the answer comes `seconds` later
    "garbage",  # everything is done, and the answer is no JSON
    "rate_limit",  # 429 with Retry-After: `seconds`
    "unauthorized",  # 401: the token has expired
    "refused",  # 4xx with `issue`; INSTRUMENT_DECLINED counts as an attempt at payment
    "pending",  # a capture or refund is PENDING for `reason`, until it is decided
    "declined",  # a capture is made, as DECLINED
    "failed",  # a refund is made, as FAILED
    "withhold",  # of webhooks: is not sent until it is released
    "duplicate",  # is sent twice
    "reorder",  # is sent `seconds` later than others
]

BEFORE: tuple[Kind, ...] = ("drop_before", "error_before", "slow_before", "rate_limit", "unauthorized")
AFTER: tuple[Kind, ...] = ("drop_after", "error_after", "slow_after", "garbage")
OUTCOMES: tuple[Kind, ...] = ("refused", "pending", "declined", "failed")
WEBHOOKS: tuple[Kind, ...] = ("withhold", "duplicate", "reorder")
ONLY_WITH: dict[str, tuple[Kind, ...]] = {  # what else an operation can suffer, besides BEFORE and AFTER
    "create_order": ("refused",),
    "capture_order": ("refused", "pending", "declined"),
    "refund_capture": ("refused", "pending", "failed"),
}


class Fault(Struct, kw_only=True, forbid_unknown_fields=True):
    """Something that goes wrong the next `times` times."""

    operation: Operation
    kind: Kind
    times: Annotated[int, Meta(ge=1)] = 1
    seconds: Annotated[float, Meta(ge=0, le=600)] = 1
    status: Literal[500, 503] = 503
    issue: str = "INSTRUMENT_DECLINED"
    reason: str = "PENDING_REVIEW"

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot happen to the operation."""
        possible = WEBHOOKS if self.operation == "webhook" else (*BEFORE, *AFTER, *ONLY_WITH.get(self.operation, ()))
        if self.kind not in possible:
            raise ValueError(f"{self.operation} cannot be {self.kind}; it can be {', '.join(possible)}")
        if self.issue not in ISSUES:
            raise ValueError(f"unknown issue {self.issue}")


class Faults:
    """The faults that are still to come, the first first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have something go wrong."""
        self.waiting.append(fault)

    def take(self, operation: Operation, kinds: tuple[Kind, ...]) -> Fault | None:
        """Return what goes wrong now, of these kinds, if anything does."""
        for fault in self.waiting:
            if fault.operation == operation and fault.kind in kinds:
                fault.times -= 1
                if not fault.times:
                    self.waiting.remove(fault)
                return fault
        return None
