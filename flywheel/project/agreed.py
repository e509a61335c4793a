"""What people agree on before anything is made: the part of a charter that ideation reads, under a digest of its own.

A seed, a column or a page's address is none of it: whoever signed is asked again only where this part says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

from flywheel.domain.digests import Digest, Json, digest_of
from flywheel.domain.stages import Stage
from flywheel.project.loader import Project
from flywheel.project.stage_inputs import part_for


def agreed_part(project: Project) -> Mapping[str, Json]:
    """Pick what is agreed on, by key; what says nothing is left out, so that a key of tomorrow asks nobody anew."""
    return {key: value for key, value in part_for(project, Stage.IDEATION).items() if value not in (None, [], {})}


def agreed_digest(project: Project) -> Digest:
    """Digest what is agreed on: signatures are on exactly this."""
    return digest_of({"agreed": agreed_part(project)})
