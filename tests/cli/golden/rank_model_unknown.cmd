cp vlmeval/ash/ash_MMBench_DEV_EN.xlsx my_own_answers.xlsx; peerless rank --responses my_own_answers.xlsx
