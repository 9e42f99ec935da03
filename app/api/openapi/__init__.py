"""The OpenAPI document: adds examples, headers and links to what Litestar generates."""
