"""Checks the labels by which conditions of one rule speak of each other."""

from pipeline.qa.language.conditions import Condition, Leaf, anchor_of, leaves
from pipeline.yaml_reader import Document


def check_references(condition: Condition, document: Document) -> None:
    """Refuse labels that stand twice, are not there, or refer to each other in a circle."""
    labelled: dict[str, Leaf] = {}
    for leaf in leaves(condition):
        if leaf.label in labelled:
            raise document.error(f"{leaf.path}.label", f"a second condition `{leaf.label}`")
        if leaf.label:
            labelled[leaf.label] = leaf
    for leaf in leaves(condition):
        label = anchor_of(leaf)
        if label is not None and label not in labelled:
            names = ", ".join(labelled) or "none"
            what = f"no condition of this rule has the label `{label}`; labels: {names}"
            raise document.error(f"{leaf.path}.range", what)
        seen = [leaf.label] if leaf.label else []
        while label is not None:
            if label in seen:
                circle = " → ".join([*seen[seen.index(label) :], label])
                raise document.error(f"{leaf.path}.range", f"a circle of ranges: {circle}")
            seen.append(label)
            label = anchor_of(labelled[label])


def in_order(condition: Condition) -> list[Leaf]:
    """The leaves, each after the one that its range lies beside."""
    labelled = {leaf.label: leaf for leaf in leaves(condition) if leaf.label}

    def steps(leaf: Leaf) -> int:
        label, number = anchor_of(leaf), 0
        while label is not None:
            label, number = anchor_of(labelled[label]), number + 1
        return number

    return sorted(leaves(condition), key=steps)
