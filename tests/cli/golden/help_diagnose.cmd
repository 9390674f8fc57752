peerless diagnose --help
