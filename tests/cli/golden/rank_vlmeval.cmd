peerless rank --responses vlmeval --dataset MMBench_DEV_EN --methods majority
