"""Files articles under topics, relates, assembles and serves."""
