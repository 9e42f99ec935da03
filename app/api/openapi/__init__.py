"""The OpenAPI document: examples, headers and links beside what Litestar lists."""
