"""The library for CEL expressions without its command line, which it would load with itself.

That would cost each process 23 MB and a quarter of a second, for a prompt that nobody sees. In its
place stands a module with nothing in it; the image has not even its requirements.
"""

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel  # noqa: E402 - what it looks for has to be there before

__all__ = ["cel"]
