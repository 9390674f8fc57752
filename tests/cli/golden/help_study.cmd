peerless study --help
