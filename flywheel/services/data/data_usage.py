"""Who uses which data, what it costs and what the users hope to gain: so that data spend can be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flywheel.catalog.dataset import DatasetRecord, read_datasets
from flywheel.catalog.edge import edges_behind, nodes_ahead
from flywheel.catalog.endpoint import read_endpoints
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.gate import latest_results
from flywheel.catalog.project import read_project, read_projects
from flywheel.domain.lineage import Node
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.source import Source
from flywheel.services.data.return_estimate import return_of
from flywheel.services.data.reuse import charter_now, find_version, purposes_of


@dataclass(frozen=True)
class Use:
    """What came of a dataset; value is the likely return a year that the charters of its projects promise."""

    projects: tuple[str, ...]
    versions: tuple[str, ...]
    endpoints: tuple[str, ...]
    cost_per_year: Decimal
    value_per_year: Decimal
    currency: str
    """The owner's, or where its charter names no money that of the first project; cost and value are in it."""
    unvalued: tuple[str, ...]
    """Projects whose charter makes no estimate, or one in another money: their value is not in the sum."""

    @property
    def value_per_cost(self) -> Decimal | None:
        """Money hoped for, for each unit of money that the data cost; nothing where they cost nothing."""
        return round(self.value_per_year / self.cost_per_year, 1) if self.cost_per_year else None


@dataclass(frozen=True)
class DataCard:
    """One dataset version for people: what it is, what it may be used for, where it came from, what came of it."""

    record: DatasetRecord
    title: str
    description: str
    owner: str
    purposes: tuple[str, ...]
    withheld: tuple[str, ...]
    sources: Mapping[str, Source]
    raw: tuple[Node, ...]
    gates: Mapping[str, str]
    use: Use


def list_data(catalog: Catalog, *, project: str | None = None) -> tuple[DatasetRecord, ...]:
    """List the dataset versions of one project or of all, the newest of each first."""
    with catalog.begin() as work:
        slugs = (
            [read_project(work.session, project).slug]
            if project
            else [record.slug for record in read_projects(work.session)]
        )
        return tuple(record for slug in slugs for record in read_datasets(work.session, slug))


def card_of(catalog: Catalog, *, dataset: str) -> DataCard:
    """Read one dataset version, by its id or as `PROJECT/NAME` for the newest, under its owner's terms of today."""
    with catalog.begin() as work:
        record = find_version(work, dataset)
        charter = charter_now(work, record.project)
        here, data = Node("dataset", record.id), charter.data
        results = latest_results(work.session, subject_kind="dataset", subject_id=record.id)
        behind = {edge.source for edge in edges_behind(work.session, here)}
        return DataCard(
            record=record,
            title=charter.title,
            description=charter.problem.statement if charter.problem else "",
            owner=charter.owner,
            purposes=purposes_of(charter),
            withheld=tuple(name for name, column in data.columns.items() if not column.permitted) if data else (),
            sources=data.sources if data else {},
            raw=tuple(sorted(node for node in behind if node.kind != "source")),
            gates={result.code: result.verdict.value for result in results},
            use=_use(work, (record,)),
        )


def usage(catalog: Catalog, *, project: str | None = None) -> dict[str, Use]:
    """Say of every dataset, all its versions together, who uses it and what for; the least used first."""
    with catalog.begin() as work:
        slugs = (
            [read_project(work.session, project).slug]
            if project
            else [record.slug for record in read_projects(work.session)]
        )
        named: dict[str, list[DatasetRecord]] = {}
        for slug in slugs:
            for record in read_datasets(work.session, slug):
                named.setdefault(f"{record.project}/{record.name}", []).append(record)
        found = {name: _use(work, tuple(records)) for name, records in named.items()}
    return dict(sorted(found.items(), key=lambda item: (item[1].value_per_year - item[1].cost_per_year, item[0])))


def _use(work: UnitOfWork, records: tuple[DatasetRecord, ...]) -> Use:
    ahead = frozenset[Node]().union(*(nodes_ahead(work.session, Node("dataset", record.id)) for record in records))
    projects = sorted(node.id for node in ahead if node.kind == "project")
    versions = sorted(node.id for node in ahead if node.kind == "version")
    endpoints = sorted(found.name for found in read_endpoints(work.session) if found.version in versions)
    owner = charter_now(work, records[0].project)
    readers = {slug: charter_now(work, slug) for slug in projects}
    currency = next(filter(None, map(_currency, (owner, *readers.values()))), "")
    values = {slug: _value_in(currency, reader) for slug, reader in readers.items()}
    value = sum((one for one in values.values() if one is not None), Decimal(0))
    unvalued = tuple(slug for slug, one in values.items() if one is None)
    uses = tuple(projects), tuple(versions), tuple(endpoints)
    return Use(*uses, cost_of(owner), value, currency, unvalued)


def _value_in(currency: str, charter: Charter) -> Decimal | None:
    """The likely return that a charter promises, if it reckons in this money: nobody here knows a rate of exchange."""
    estimate = return_of(charter)
    return estimate.likely if estimate and _currency(charter) == currency else None


def _currency(charter: Charter) -> str:
    return charter.value.currency if charter.value else ""


def cost_of(charter: Charter) -> Decimal:
    """What the sources of a project cost in a year, as its charter says."""
    sources = charter.data.sources.values() if charter.data else ()
    return sum((source.cost_per_year for source in sources if source.cost_per_year is not None), Decimal(0))
