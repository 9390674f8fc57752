peerless run -q 2>&1 | sed -E "s/[0-9.]+ s\$/T s/"; exit ${PIPESTATUS[0]}
