"""The ``workbench`` command. What a command needs is imported when it runs, so that help is instant."""

from workbench.cli import files, running, studies, surveys  # noqa: F401 - each adds its commands
from workbench.cli.application import app, main

__all__ = ["app", "main"]
