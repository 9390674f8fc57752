peerless rank --responses lmms --dataset shapes_ppl
