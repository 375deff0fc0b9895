"""The platform's published performance targets, in one place.

The ingestion target is of the whole platform at its peak; a stack's own limits (`ingestion` in its settings) are lower
and are what its back ends enforce.
"""

QUERY_SECONDS_P95 = 2.0
QUERY_SECONDS_MEAN = 1.2
STORED_GB = 500
UPTIME_PERCENT = 99.9
INGESTION_MB_PER_SECOND = 50
INGESTION_PEAK_MB_PER_SECOND = 75
LOAD_TEST_SECONDS_P95 = 1.8
LOAD_TEST_CPU_RATIO = 0.65
LOAD_TEST_MEMORY_RATIO = 0.70
# Writes and queries that the platform may fail: what 99.9 % uptime leaves.
ERROR_RATIO = 1 - UPTIME_PERCENT / 100
