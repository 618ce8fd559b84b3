"""Running GraphQL operations: read once, then executed. This package knows GraphQL, and nothing of phones."""
