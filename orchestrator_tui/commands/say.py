"""What the command line prints for people."""

import click

from orchestrator_tui.core.printable import several_lines


def say(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Prints; what agents wrote cannot do anything to the terminal."""
    click.echo(several_lines(text), nl=nl, err=err)
