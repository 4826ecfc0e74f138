#!/usr/bin/env bash
# user-sync -t
cd "$(dirname "$0")"
./user-sync --process-groups \
  --users mapped --user-filter ".*@example.com" 2>&1 | tee -a ust.log
