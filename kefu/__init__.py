"""The `kefu` command and the tools around the pipeline."""
