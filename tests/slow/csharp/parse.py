"""Says where texts in C# do not parse: python parse.py FILE..."""

import sys

import tree_sitter_c_sharp
from tree_sitter import Language, Parser

parser = Parser(Language(tree_sitter_c_sharp.language()))


def faults(node):
    """What tree-sitter could make nothing of, and what it had to add."""
    if node.is_error or node.is_missing:
        yield node
    elif node.has_error:
        for child in node.children:
            yield from faults(child)


wrong = 0
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        source = file.read()
    for fault in faults(parser.parse(source).root_node):
        wrong += 1
        line = fault.start_point[0]
        print(f"{name}:{line + 1}: {source.splitlines()[line].decode()}")
sys.exit(1 if wrong else 0)
