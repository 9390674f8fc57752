peerless run -q 2>&1 | sed -E "s/[0-9.]+ s\$/T s/; s/after [0-9]+ ms/after T ms/"; exit ${PIPESTATUS[0]}
