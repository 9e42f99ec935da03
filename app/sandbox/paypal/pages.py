"""The pages of the PayPal stand-in on which a payer approves or cancels an order."""

from html import escape
from urllib.parse import urlencode, urlsplit

from litestar import MediaType, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery
from litestar.response import Redirect

from app.sandbox.paypal.ledger import Ledger
from app.sandbox.paypal.serializers import PAYER_ID
from app.sandbox.paypal.store import Order, Store

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Pay - PayPal stand-in</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #ddd }}
form {{ display: inline }}
button {{ font: inherit; padding: .5rem 1.5rem; margin: 1rem 1rem 0 0 }}
small {{ color: #666 }}
</style>
{content}
<p><small>This page replaces PayPal on your machine. No money moves.</small></p>
</html>
"""
BUTTONS = """
<form method="post" action="/checkoutnow/approve?token={id}"><button autofocus>Approve</button></form>
<form method="post" action="/checkoutnow/cancel?token={id}"><button>Cancel</button></form>
"""


def create_pages(store: Store, ledger: Ledger) -> list[HTTPRouteHandler]:
    """Return the pages: the list of orders, an order with its buttons, and the actions of the buttons."""

    @get("/", media_type=MediaType.HTML)
    async def show_orders() -> Response[str]:
        return _page(_list(store.all(Order)))

    @get("/checkoutnow", media_type=MediaType.HTML)
    async def show_order(token: FromQuery[str]) -> Response[str]:
        order = store.find(Order, token)
        return _page(_order(order)) if order else _missing()

    @post("/checkoutnow/approve", media_type=MediaType.HTML)
    async def approve(token: FromQuery[str]) -> Response[str] | Redirect:
        order = store.find(Order, token)
        if order is None:
            return _missing()
        with store.transaction():
            ledger.approve(order)
        if not order.return_url:
            return _page(_order(order))
        return _back(order.return_url, token=order.id, PayerID=PAYER_ID)

    @post("/checkoutnow/cancel", media_type=MediaType.HTML)
    async def cancel(token: FromQuery[str]) -> Response[str] | Redirect:
        order = store.find(Order, token)
        if order is None:
            return _missing()
        return _back(order.cancel_url, token=order.id) if order.cancel_url else _page("<h1>Canceled</h1>")

    return [show_orders, show_order, approve, cancel]


def _back(url: str, **parameters: str) -> Redirect:
    """Redirect to the merchant's page, and keep its own parameters."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode(parameters)]))
    return Redirect(parts._replace(query=query).geturl(), status_code=303)


def _page(content: str, status_code: int = 200) -> Response[str]:
    return Response(PAGE.format(content=content), status_code=status_code, headers=HEADERS)


def _missing() -> Response[str]:
    return _page("<h1>Unknown order</h1><p>This order does not exist. Check the link.</p>", 404)


def _order(order: Order) -> str:
    amount = f"{order.amount.value} {order.amount.currency_code}"
    heading = f"<h1>{escape(amount)}</h1><p>{escape(order.description or '')}</p>"
    if order.status == "COMPLETED":
        return f"{heading}<p>This order is paid.</p>"
    state = "<p>This order is approved. You can approve it again.</p>" if order.status == "APPROVED" else ""
    return heading + state + BUTTONS.format(id=order.id)


def _list(orders: list[Order]) -> str:
    rows = "".join(
        f'<tr><td><a href="/checkoutnow?token={order.id}">{order.id}</a></td><td>{order.status}</td>'
        f"<td>{escape(order.amount.value)} {escape(order.amount.currency_code)}</td></tr>"
        for order in reversed(orders[-100:])
    )
    return f"<h1>Orders</h1><table><tr><th>Order</th><th>Status</th><th>Amount</th></tr>{rows}</table>"
