"""`python -m bench`: the contest, or one of the commands below by its name."""

import importlib
import sys

COMMANDS = {
    "check": "bench.stated",
    "growth": "bench.growth",
    "load": "bench.stack_load",
}


def main(arguments):
    name = arguments[0] if arguments and arguments[0] in COMMANDS else None
    module = importlib.import_module(COMMANDS.get(name, "bench.command"))
    return module.main(arguments[1:] if name else arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says of what Ctrl-C ended
