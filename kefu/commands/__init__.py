"""One module for each subcommand of `kefu`; each has a `command`."""
