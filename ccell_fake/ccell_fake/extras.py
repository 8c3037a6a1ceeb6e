"""Internal. Say how to install an extra: a group of packages that only some features need."""


def install(extra: str) -> str:
    """Return what to do to get the packages of an extra, such as `tls`. It ends a sentence about what is missing."""
    return f"install ccell-fake with its extra '{extra}', in a checkout by pip install '.[{extra}]'"
