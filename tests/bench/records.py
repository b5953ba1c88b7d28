"""Records of runs, as a contest makes them."""


def record(contestant, application, number=1, operation="list-20", connections=16, database=1.0):
    """A run of a thousand requests that cost so many ms of CPU each."""
    return {
        "connections": connections, "round": number, "operation": operation, "contestant": contestant, "requests": 1000, "rate": 1000.4,
        "p50": 7.0, "p99": 9.5, "application": application, "database": database, "generator": 0.03, "reconnects": 0,
    }  # fmt: skip
