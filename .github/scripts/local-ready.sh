#!/usr/bin/env bash
# Waits until every service of `make local` answers; fails with the names of those that don't within five minutes.
set -euo pipefail

ports=(3000/api/health 3100/ready 3200/ready 8080/ready)
deadline=$((SECONDS + ${LOCAL_READY_SECONDS:-300}))
for port in "${ports[@]}"; do
  until curl --silent --fail --output /dev/null --max-time 5 "http://127.0.0.1:$port"; do
    if ((SECONDS >= deadline)); then
      echo "http://127.0.0.1:$port doesn't answer" >&2
      exit 1
    fi
    sleep 2
  done
  echo "http://127.0.0.1:$port answers"
done
