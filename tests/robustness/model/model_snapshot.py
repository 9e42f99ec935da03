"""A world of the model as it was, for what is tried and then undone."""

from typing import Any

from tests.robustness.model.model import World


class Snapshot:
    """A world as it was."""

    def __init__(self, world: World) -> None:
        things = (world, *world.doctors.values(), *world.appointments, *world.entries, *world.offers)
        self._was = [(thing, _copied(vars(thing))) for thing in things]

    def restore(self) -> None:
        """Make it so again."""
        for thing, was in self._was:
            vars(thing).update(_copied(was))


def _copied(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if isinstance(value, list | dict) else value for name, value in fields.items()}
