"""What the service must come through, tried on the running whole: `python -m tests.faults`."""
