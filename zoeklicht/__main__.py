"""`python -m zoeklicht`: the same as the `zoeklicht` command."""

from zoeklicht.cli import main

main()
