#!/bin/sh
# Starts a server on a store that is safe to open, and on no other:
#
#   guarded-entrypoint.sh chroma run --path /data/chroma
#
# VECFSCK_STORE      the store's directory; /data/chroma when not set
# VECFSCK_ON_DAMAGE  refuse, repair, quarantine or restore; refuse when not set
# VECFSCK_WAIT       how long a store in use is waited for; 30s when not set
set -eu

vecfsck guard --allow-missing \
  --on-damage "${VECFSCK_ON_DAMAGE:-refuse}" \
  --wait "${VECFSCK_WAIT:-30s}" \
  "${VECFSCK_STORE:-/data/chroma}"

exec "$@"
