"""The engine: everything kefu means, as pure code.

`engine.Engine` is fed events and told what time it is, and returns outputs. `scorecards` regroups
its facts by queue and hour. No clock, no chance, no input or output, no runtime in here.
"""
