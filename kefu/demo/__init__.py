"""`kefu demo`: the whole product at work on made-up conversations, in a terminal."""
