"""The trial that decided how kefu uses Faust; see README.md here and docs/decisions/0001."""
