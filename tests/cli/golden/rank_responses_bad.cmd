printf "{\"item\":\"1\",\"model\":\"m\"}\n{\"item\":1}\n" | peerless rank --responses -
