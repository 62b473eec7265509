"""``python -m livetorch_labs`` is ``livetorch-labs``."""

import sys

from .cli import main

sys.exit(main())
