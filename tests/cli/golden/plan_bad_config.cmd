peerless plan -c bad.yaml
