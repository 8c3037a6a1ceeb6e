"""The files of the page that shows the control API's OpenAPI document: the document, and Swagger UI, which shows it without a network."""

import json
from collections.abc import Iterator
from importlib.resources import files
from string import Template
from typing import Any

import httpx2

from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator

FOLDER = "openapi-viewer"
"""The folder of the files in the site."""

_ASSETS = ("css/swagger-ui.css", "js/swagger-ui-bundle.js")
_VIEWER = Template("""\
<!DOCTYPE html>
<html lang="$language">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>OpenAPI</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="swagger-ui.css">
<style>.swagger-ui :is(.information-container, .scheme-container) { display: none; } .swagger-ui .wrapper { padding: 0 8px; }</style>
<div id="viewer"></div>
<script src="swagger-ui-bundle.js"></script>
<script>
const scheme = () => document.documentElement.classList.toggle("dark-mode", parent.document.body.dataset.mdColorScheme === "slate");
new MutationObserver(scheme).observe(parent.document.body, {attributeFilter: ["data-md-color-scheme"]});
scheme();
SwaggerUIBundle({
  url: "openapi.json", dom_id: "#viewer", docExpansion: "none", defaultModelsExpandDepth: 0, validatorUrl: null, supportedSubmitMethods: [],
});
</script>
</html>
""")
_FRAME = '\n<iframe class="openapi" title="OpenAPI" src="../{folder}/index.html"></iframe>\n'


def frame() -> str:
    """The element that shows the document on the page."""
    return _FRAME.format(folder=FOLDER)


def contents(language: str) -> Iterator[tuple[str, str]]:
    """The names and contents of the files, `en` or `zh`."""
    yield f"{FOLDER}/openapi.json", json.dumps(_document(language), ensure_ascii=False)
    yield f"{FOLDER}/index.html", _VIEWER.substitute(language=language)
    for asset in _ASSETS:
        resource = files("flask_openapi3_swagger") / "templates" / "swagger" / asset
        yield f"{FOLDER}/{resource.name}", resource.read_text("utf-8")


def _document(language: str) -> dict[str, Any]:
    with Emulator(parse({"server": {"port": 0}}, "the site")) as emulator:
        answer = httpx2.get(f"{emulator.url}/_ccell/openapi.json", params={"lang": language}, timeout=300)
    document: dict[str, Any] = answer.raise_for_status().json()
    return {**document, "servers": [{"url": "http://127.0.0.1:8026"}]}
