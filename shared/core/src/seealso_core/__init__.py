"""Settings, logs, messages, topology, the plugin host and registry, the web skeleton."""
