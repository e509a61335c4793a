"""Asks a model behind an address: bounded in time and size, no redirects, one clear error where it does not answer."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from flywheel.domain.digests import Json
from flywheel.errors import InputRefused, Unavailable, ending_of

SECONDS = 10.0
MOST_BYTES = 8_000_000


def ask_address(url: str, question: Json) -> Any:
    """Post JSON and give the JSON that comes back."""
    refuse_open_road(url)
    import httpx  # a tenth of a second that few models need

    by_proxy = url.startswith("https:")  # only there does a proxy of the environment not read along
    try:
        with httpx.stream(
            "POST", url, json=question, timeout=SECONDS, follow_redirects=False, trust_env=by_proxy
        ) as answer:
            content = _bounded(answer.iter_bytes(), url)
            if answer.status_code != httpx.codes.OK:
                raise Unavailable(f"{url} refused the question with {answer.status_code}: {ending_of(content)}")
    except httpx.HTTPError as error:
        raise Unavailable(f"the model at {url} does not answer: {type(error).__name__}") from error
    except (ValueError, httpx.InvalidURL) as error:  # a name that no host can have, a number that JSON cannot say
        raise InputRefused(f"{url} cannot be asked: {ending_of(str(error))}") from error
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputRefused(f"{url} does not answer in JSON", found=content[:80]) from error


def _bounded(chunks: Iterator[bytes], url: str) -> bytes:
    """Read an answer to its end, if that comes in time; each part may come in time and the whole never."""
    content, until = b"", time.monotonic() + SECONDS
    for chunk in chunks:
        content += chunk
        if len(content) > MOST_BYTES:
            raise InputRefused(f"{url} answers too much", allowed=f"{MOST_BYTES:,} bytes")
        if time.monotonic() > until:
            raise Unavailable(f"the model at {url} answers too slowly", allowed=f"{SECONDS:.0f} s")
    return content


def refuse_open_road(url: str) -> None:
    """People's data goes out under TLS, or not beyond this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise InputRefused("rows are not sent unencrypted", found=url, allowed="https://, or http:// on this machine")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
