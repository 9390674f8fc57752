peerless run --max-cost 1
