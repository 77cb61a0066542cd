"""The quality rule language (质检规则): rules built from operators, judged live.

`load_rules` reads a file into a `RuleSet`. `RuleSet.evaluate_step` goes one turn, tick or end
further and gives the hits that have become certain; `RuleSet.evaluate_all` judges a whole
interaction. Both say the same hits.
"""
