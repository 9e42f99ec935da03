import sys

# openapi-python-client, which runs as a process of its own, brings pydantic. The API runs without it, so its tests do:
# where it can be imported, Litestar loads its support for it.
sys.modules["pydantic"] = None  # type: ignore[assignment]  # Python's own way to say that there is none
