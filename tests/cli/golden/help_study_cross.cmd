peerless study cross --help
