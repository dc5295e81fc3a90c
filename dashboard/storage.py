"""Where static files are, below the prefix of what is being answered, and what they are called.

Collected ones are named by their content, so that a browser may keep them for good. Unlike the
storage that it extends, `HashedStorage` also follows the imports between our JavaScript modules:
else a page could run one version's module with another version's imports.
"""

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from dashboard import prefix


class PlainStorage(StaticFilesStorage):
    """The files as they lie."""

    def url(self, name: str | None) -> str:
        """Return the address that a browser has to ask for."""
        return prefix.at(super().url(name))


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    """WhiteNoise's hashed and compressed files, imports between the modules in `js/` included."""

    support_js_module_import_aggregation = True
    # Ours only: the comments of a package's scripts hold imports of files that do not exist.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )

    def url(self, name: str, force: bool = False) -> str:
        """Return the address that a browser has to ask for."""
        return prefix.at(super().url(name, force))
