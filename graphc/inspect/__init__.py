"""Looking at a model: values, pictures in text, paths, costs, checks, SymPy."""
