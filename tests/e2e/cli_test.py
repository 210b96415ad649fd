#!/usr/bin/env python3
"""The command line from outside: runs every test_… function of the cases_….py files beside it.

    cli_test.py PROGRAM SOURCE_DIR [PART-OF-A-NAME…]

Needs nothing but Python's own library. Exit status 0 if all passed.
"""

import importlib
import pathlib
import sys
import time
import traceback

from program import Failure, Program


def find_cases(parts):
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        module = importlib.import_module(path.stem)
        for name, case in list(vars(module).items()):
            full_name = f"{path.stem}.{name}"
            if name.startswith("test_") and (not parts or any(part in full_name for part in parts)):
                yield full_name, case


def passes(name, case, program):
    begin = time.monotonic()
    try:
        case(program)
    except Failure as failure:
        print(f"FAILED {name}: {failure}")
        return False
    except Exception:
        print(f"FAILED {name}:")
        traceback.print_exc(file=sys.stdout)
        return False
    print(f"ok     {name} ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.dont_write_bytecode = True
    results = []
    for name, case in find_cases(sys.argv[3:]):
        results.append(passes(name, case, Program(sys.argv[1], sys.argv[2])))
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
