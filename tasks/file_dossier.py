"""File the dossier: everything that the people who sign should see, under one digest."""

from __future__ import annotations

import json
from collections.abc import Mapping

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run

from flywheel.domain.digests import Digest, Json, canonical_json, digest_of
from flywheel.pages.markdown import literal
from flywheel.services.dossier import dossiers, since_filed
from flywheel.services.dossier.export import export_dossier
from flywheel.services.dossier.judgement import brief, questions_of
from flywheel.services.dossier.page import render
from flywheel.services.record.sealing import Seal
from tasks.options import RETRY_DELAYS_SECONDS, WITHIN_RUN, is_worth_retrying
from tasks.shapes import Filed
from tasks.workbench import workbench


@task(
    cache_policy=WITHIN_RUN,
    persist_result=True,
    retries=len(RETRY_DELAYS_SECONDS),
    retry_delay_seconds=RETRY_DELAYS_SECONDS,
    retry_condition_fn=is_worth_retrying,
)
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
    folder = bench.settings.data_root / "dossiers" / f"{version.replace(':', '-')}-{digest[7:19]}"
    if not folder.exists():
        seal = Seal.of(bench.settings)
        export_dossier(bench.catalog, artifacts=bench.artifacts, seal=seal, version=version, folder=folder)
    create_markdown_artifact(
        key=f"{project}-dossier",
        markdown=f"# {literal(document['title'])}\n\n{literal(summary)}\n\n"
        f"Everything that is signed, as a page to open in a browser:\n\n```\n{folder / 'index.html'}\n```\n\n"
        f"On the command line: `flywheel sign {version} --show`\n\nDigest:\n\n```\n{digest}\n```\n",
        description=f"What people sign about {literal(version)}",
    )
    return _filed(document, digest)


def as_it_stands(version: str, dossier: Filed) -> Filed:
    """Word a filed dossier by what the record says now: its digest stays, and so does what is signed."""
    bench, digest = workbench(), Digest(dossier["digest"])
    document = json.loads(bench.artifacts.get_bytes(digest))
    return _filed(since_filed.as_it_stands(bench.catalog, version=version, document=document), digest)


def _filed(document: Mapping[str, Json], digest: Digest) -> Filed:
    return Filed(digest=digest, brief=brief(document), questions=questions_of(document))
