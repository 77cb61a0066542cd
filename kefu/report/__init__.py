"""The hourly check as one HTML page: `collect` reads outputs, `build` makes figures of them,
`page` shows the figures. Every figure keeps what it is a share or a mean of.
"""
