"""Pictures of a model: boxes, wires and numbers, on a page and on paper."""
