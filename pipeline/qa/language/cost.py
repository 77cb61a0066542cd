"""What a rule costs, as a class: from its operators and ranges."""

from pipeline.qa.language.conditions import Condition, leaves
from pipeline.qa.language.operators.base import CostClass
from pipeline.qa.language.ranges import Near

_ORDER: tuple[CostClass, ...] = ("cheap", "linear", "quadratic")


def cost_class(when: Condition) -> CostClass:
    """The class of the dearest operator; a range beside another hit is looked at on every turn."""
    classes: list[CostClass] = ["cheap"]
    for leaf in leaves(when):
        classes.append(leaf.operator.cost_class)
        if isinstance(leaf.where, Near) or leaf.operator.wakes():
            classes.append("linear")
    return max(classes, key=_ORDER.index)
