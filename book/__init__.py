"""What only the build of the book needs: running notebooks, and making pages of them."""

import sys

# jsonschema, which checks the form of notebooks, would load a grammar of web addresses if it finds
# one installed. That takes longer than all else this package imports, and no notebook needs it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
