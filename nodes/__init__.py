"""The nodes: what every province does alike stands in `nodes.common`, what differs in a folder each."""
