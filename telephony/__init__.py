"""Place and follow calls through engines behind one port (`engine.py`). No rules, no GraphQL, no statements."""
