"""What the real charts make from our values, recorded as data: kinds, names, ports, probes, accounts, roles, claims.

`make chart-facts` records; tests/artefacts/test_chart_facts.py holds the stand-in charts to what is recorded.
"""
