"""Rules of calling: which number a call goes out from, whether it may be placed, and why.

No GraphQL, no HTTP, and no database sessions of its own: callers pass sessions in. docs/rules.md lists the rules
R1 to R15, and the module of each.
"""
