"""The expected modules are data of tests/test_golden.py, not tests."""

collect_ignore_glob = ["*.py"]
