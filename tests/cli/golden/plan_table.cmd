peerless plan
