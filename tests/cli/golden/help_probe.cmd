peerless probe --help
