"""File the dossier: everything that the people who sign should see, under one digest."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run

from flywheel.domain.digests import canonical_json, digest_of
from flywheel.services import dossiers
from flywheel.services.dossier.page import render
from tasks.options import WITHIN_RUN
from tasks.shapes import Filed
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def file_dossier(project: str, version: str) -> Filed:
    """Assemble it from records, keep it as JSON and as a page, and record its digest."""
    bench = workbench()
    document = dossiers.assemble(bench.catalog, version=version)
    digest = digest_of(document)
    bench.artifacts.put_bytes(canonical_json(document).encode())
    page = bench.artifacts.put_bytes(render(document, digest=digest).encode())
    dossiers.file_dossier(
        bench.catalog,
        version=version,
        digest=digest,
        evidence_digest=page,
        run_id=str(flow_run.get_id()),
        actor="flow:validation",
    )
    summary = str(document.get("summary", ""))
    place = bench.artifacts.path_of(page)
    create_markdown_artifact(
        key=f"{project}-dossier",
        markdown=f"# {document['title']}\n\n{summary}\n\n"
        f"Everything that is signed, as a page to open in a browser:\n\n```\n{place}\n```\n\n"
        f"On the command line: `flywheel sign {version} --show`\n\nDigest:\n\n```\n{digest}\n```\n",
        description=f"What people sign about {version}",
    )
    return Filed(digest=digest, summary=summary)
