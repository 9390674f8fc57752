peerless plan -c own.yaml
