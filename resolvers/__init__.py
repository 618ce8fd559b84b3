"""How a field is answered: context in, rows out. One file an object; a resolver is named as its field in snake case."""
