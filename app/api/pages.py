"""Plain HTML pages for browsers."""

from litestar import MediaType, Response

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem }}</style>
<h1>{title}</h1>
<p>{text}</p>
</html>
"""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address contains the PayPal order
}


def page(title: str, text: str, status_code: int = 200) -> Response[str]:
    """Return a page that is not cached. `text` is the HTML inside its paragraph."""
    body = PAGE.format(title=title, text=text)
    return Response(body, media_type=MediaType.HTML, headers=HEADERS, status_code=status_code)
