"""The engines that place calls: one small port, one file an engine. No rules, no GraphQL, no statements."""
