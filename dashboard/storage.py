"""Names static files by their content, so that a browser may keep them for good.

Unlike the storage that it extends, it also follows the imports between our JavaScript modules:
else a page could run one version's module with another version's imports.
"""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    """WhiteNoise's hashed and compressed files, imports between the modules in `js/` included."""

    support_js_module_import_aggregation = True
    # Ours only: the comments of a package's scripts hold imports of files that do not exist.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
