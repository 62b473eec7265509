"""Which import statements fail in a place: ``python -c TEXT JSON`` prints them with the reasons."""

import json
import sys


def main() -> None:
    sys.path = [place for place in sys.path if place]
    failed: dict[str, str] = {}
    for statement in json.loads(sys.argv[1]):
        try:
            exec(statement, {})
        except BaseException as error:
            failed[statement] = f"{type(error).__name__}: {error}"
    print(json.dumps(failed))


if __name__ == "__main__":
    main()
