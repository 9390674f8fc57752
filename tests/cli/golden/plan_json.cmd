peerless plan --format json
