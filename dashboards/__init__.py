"""What people look at: Kibana objects and the dispatch console."""
