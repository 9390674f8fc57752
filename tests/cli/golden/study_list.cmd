peerless study --list
