"""Static files as an image serves them: named by content, compressed, modules included."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT_BUDGET, STYLE_BUDGET, PRACTICE_BUDGET, SEVERAL_BUDGET = 45_000, 20_000, 2_500, 1_200


def test_collected_files_are_hashed_compressed_and_small_enough(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env=os.environ | {"BATON_STATIC_ROOT": str(tmp_path)},
        check=True,
    )
    (live,) = tmp_path.glob("js/live.*.js")
    imports = re.findall(r'from "\./([^"]+)"', live.read_text())
    assert imports
    assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", name) for name in imports)
    assert all((live.parent / name).exists() for name in imports)
    scripts = [*tmp_path.glob("js/*.*.js.gz"), *tmp_path.glob("vendor/*.*.*.*.min.*.js.gz")]
    scripts += tmp_path.glob("django_htmx/htmx-2.min.*.js.gz")
    # Only the practice cluster's pages have its styles, and only those of one of several theirs.
    (practice,) = tmp_path.glob("css/practice.*.css.gz")
    (several,) = tmp_path.glob("css/clusters.*.css.gz")
    others = {practice, several}
    styles = [file for file in tmp_path.glob("css/*.*.css.gz") if file not in others]
    assert 0 < sum(file.stat().st_size for file in scripts) <= SCRIPT_BUDGET
    assert 0 < sum(file.stat().st_size for file in styles) <= STYLE_BUDGET
    assert practice.stat().st_size <= PRACTICE_BUDGET
    assert several.stat().st_size <= SEVERAL_BUDGET
