peerless study cross
