"""The blocks that the card example does not have, so that a charter says something of every key."""

MORE = """
[feasibility]
sponsor = "petra@bank.example"
bounded = true
data = "at hand"
operations = "in place"
change = "some"
[[risks]]
what = "the bureau changes its score"
likelihood = "medium"
harm = "high"
answer = "sentinels watch it"
owner = "ivan@bank.example"
[population]
who = "adults of the home market who apply for a first card"
min_rows = 100
[population.columns]
age = { between = [18, 90] }
region = { among = ["north", "south", "east", "west"] }
[[kpis]]
name = "money that it brings"
measure = "value per year"
from = 0
target = 100_000
by = 2027-12-31
[[kpis]]
name = "hours to a decision"
from = 30
target = 2
reported_by = "ben@bank.example"
[it]
deliverable = "api"
max_latency_ms = 20
max_package_mb = 100
[timeline]
research_by = 2027-03-31
delivery_by = 2027-06-30
[[data.waivers]]
check = "DATA-001"
column = "income"
owner = "vera@bank.example"
reason = "the old feed ends"
until = 2027-03-31
[[data.checks]]
expect_column_values_to_not_be_null = { column = "income" }
severity = "warning"
where = [{ column = "channel", is = "web" }]
[data.sources.ledger]
uri = "sql://warehouse"
query = "select 1"
join = "application_id"
purpose = "credit decision"
[data.sources.survey]
uri = "survey.csv"
join = "application_id"
purpose = "credit decision"
"""
