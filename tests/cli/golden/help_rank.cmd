peerless rank --help
