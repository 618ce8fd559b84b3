"""The rules: which number a call goes out from, may it, and why. No GraphQL, no HTTP."""
