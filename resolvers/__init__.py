"""Resolvers of GraphQL fields: named like the field in snake case, they take the context and return rows."""
