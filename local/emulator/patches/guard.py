"""Patches hold only for the code they were written against; these say so at the start when it has changed."""
import inspect


def expect_arguments(module, **functions):
    """Each function has these parameters, in this order."""
    for name, expected in functions.items():
        found = list(inspect.signature(getattr(module, name)).parameters)
        assert found == expected, f"{module.__name__}.{name}({found}) is not ({expected}): re-check local/emulator/patches"


def expect_in_source(thing, *texts):
    """Each text stands in the source of the function, or in the string, exactly once."""
    source = thing if isinstance(thing, str) else inspect.getsource(thing)
    for text in texts:
        assert source.count(text) == 1, f"expected once, found {source.count(text)} times: {text!r}: re-check local/emulator/patches"
