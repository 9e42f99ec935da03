"""No test listens on a fixed port, so that two test runs can share a machine."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
HERE = {"127.0.0.1", "localhost", "0.0.0.0", "::1", ""}  # noqa: S104  compared, not bound


def fixed_ports(source: str) -> Iterator[int]:
    """Yield the ports that a module chooses: `port=8000`, `("127.0.0.1", 8000)`, `"--port", "8000"`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg="port", value=ast.Constant(value=int(port))) if port:
                yield port
            case ast.Tuple(elts=[ast.Constant(value=str(host)), ast.Constant(value=int(port))]) if (
                host in HERE and port
            ):
                yield port
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Call(args=elements):
                words = [element.value for element in elements if isinstance(element, ast.Constant)]
                options = [port for option, port in pairwise(words) if option == "--port"]
                yield from (int(str(port)) for port in options if port not in {"0", 0})


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_no_port_is_fixed(path: Path) -> None:
    assert list(fixed_ports(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source", ["serve(port=8000)", 'bind(("127.0.0.1", 8000))', 'run("api", "--port", "8000")', '["--port", "8000"]']
)
def test_fixed_ports_are_found(source: str) -> None:
    assert list(fixed_ports(source)) == [8000]
