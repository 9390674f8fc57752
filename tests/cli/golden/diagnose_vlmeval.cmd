peerless diagnose --responses vlmeval
