"""Servers that are wrong in one way each: every defect replaces something of the faithful one.

A defect has a name, a difficulty and the rules it breaks. Difficulty: 1 a wrong limit or status, 3 a state of two steps, 5 a sequence of
particular values.
"""

from importlib import import_module

from service import Service

DEFECTS = {}


def defect(difficulty, *rules):
    """Registers a function that makes the server wrong, under its own name."""
    def keep(apply):
        DEFECTS[apply.__name__.replace("_", "-")] = (difficulty, rules, apply)
        return apply
    return keep


def replace(owner, name, make):
    """Puts what `make` makes of a function in its place."""
    setattr(owner, name, make(getattr(owner, name)))


def during(owner, name, attribute, make):
    """While a method runs, an attribute of its object is what `make` makes of it, the object and the arguments."""
    def replaced(faithful):
        def method(self, *arguments):
            kept = getattr(self, attribute)
            setattr(self, attribute, make(self, kept, *arguments))
            try:
                return faithful(self, *arguments)
            finally:
                setattr(self, attribute, kept)
        return method
    replace(owner, name, replaced)


def answers(operation, change):
    """Answers an operation with what `change` makes of the service, the call and the faithful answer."""
    replace(Service, operation, lambda faithful: lambda self, call: change(self, call, faithful(self, call)))


for part in ("control", "ingestion", "standard", "reading", "profiles"):
    import_module(f"defects.{part}")
