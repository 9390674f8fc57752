peerless study
