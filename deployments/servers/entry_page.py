"""The page on which a person gives the installation's word, by the link of `flywheel up` or by hand."""

from __future__ import annotations

from html import escape

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What stands in the page is ours to the last letter; nothing that a request brings is written into it."""

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2733; background: #f5f7fa; margin: 0; }
main { max-width: 30rem; margin: 18vh auto; padding: 2rem; background: #fff; border: 1px solid #d8dee6;
  border-radius: .5rem; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
label { display: block; margin: 1rem 0 .25rem; }
input { width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; border: 1px solid #8a97a6;
  border-radius: .25rem; }
button { margin-top: 1rem; font: inherit; padding: .5rem 1.25rem; color: #fff; background: #1857b8; border: 0;
  border-radius: .25rem; }
.wrong { color: #a4161a; font-weight: 600; }
code { background: #eef1f5; padding: 0 .25rem; }
"""

INTO_BROWSER = """
form.addEventListener('submit', event => {
  event.preventDefault();
  localStorage.setItem('prefect-password', btoa(form.word.value.trim()));
  location.replace('/');
});
"""
"""Prefect's UI looks for the word there, and asks for it again where it is wrong."""

FROM_LINK = """
const form = document.forms[0];
%s
if (location.hash.length > 1) {
  form.word.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
  form.requestSubmit();
}
"""
"""What follows the # of a link leaves the browser by no request, and stands in no server's log."""


def asking(place: str, *, by_form: bool, is_wrong: bool = False) -> bytes:
    """Ask for the word; by a form where our door keeps it, else in the browser for Prefect's own UI."""
    wrong = '<p class="wrong">That is not the password of this installation.</p>' if is_wrong else ""
    body = f"""<h1>{escape(place)} of this Flywheel</h1>{wrong}
<p>Open the link that <code>flywheel up</code> prints, or enter the password of this
installation. The administrator of the servers finds it in <code>keys/access.key</code> of the data root.</p>
<form method="post" action="/enter"><label for="word">Password</label>
<input id="word" name="word" type="password" autocomplete="current-password" autofocus required>
<button>Enter</button></form>
<script>{FROM_LINK % ("" if by_form else INTO_BROWSER)}</script>"""
    return _page(f"Enter {escape(place)}", body)


def no_such_name() -> bytes:
    """Answer who asks for a name that is none of ours."""
    return _page(
        "Nothing here has that name", "<h1>Nothing here has that name.</h1><p>Use the address of the link.</p>"
    )


def _page(title: str, body: str) -> bytes:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>{STYLE}</style></head><body><main>{body}</main></body></html>""".encode()
