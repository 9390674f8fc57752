peerless --help
