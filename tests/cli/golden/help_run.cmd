peerless run --help
